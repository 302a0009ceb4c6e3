import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every page of the repository, by its path from the root. */
export function markdownFiles(): string[] {
  const inside = (folder: string): string[] =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter(file => file.endsWith('.md') && !/(^|\/)(node_modules|dist)\//.test(file))
          .map(file => join(folder, file))
      : []
  const top = readdirSync(root).filter(file => file.endsWith('.md'))
  return [...top, ...['docs', 'packages', 'examples', 'test'].flatMap(inside)].sort()
}

export const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The text without its fenced code, line for line. */
export function prose(text: string): string {
  let fence = false
  return text
    .split('\n')
    .map(line => {
      const isFence = line.trimStart().startsWith('```')
      if (isFence) fence = !fence
      return fence || isFence ? '' : line
    })
    .join('\n')
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(path: string): Set<string> {
  const found = new Set<string>()
  for (const [, heading = ''] of prose(read(path)).matchAll(/^#{1,6} +(.*?)#* *$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-')
    let anchor = slug
    for (let n = 1; found.has(anchor); n++) anchor = `${slug}-${n}`
    found.add(anchor)
  }
  return found
}

export interface Link {
  readonly line: number
  readonly target: string
}

/** The links of a page that stay in the repository. */
export function links(path: string): Link[] {
  return prose(read(path))
    .split('\n')
    .flatMap((text, i) =>
      [...text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)]
        .map(([, target = '']) => ({ line: i + 1, target }))
        .filter(({ target }) => !/^[a-z]+:/.test(target)),
    )
}

/** What is wrong with a link, or `undefined`. */
export function brokenLink(page: string, { target }: Link): string | undefined {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? page : relative(root, join(root, dirname(page), decodeURIComponent(file)))
  if (!existsSync(join(root, path))) return `there is no ${path}`
  if (anchor !== undefined && path.endsWith('.md') && !anchors(path).has(anchor))
    return `${path} has no heading #${anchor}`
  return undefined
}
