import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { read, root } from './markdown.js'

/** The pages whose TypeScript is a program: compiled as a whole, in the order in which one reads it. */
export interface Program {
  readonly page: string
  readonly name: string
  readonly text: string
}

const IMPORT = /^import (type )?(\{[^}]*\}|\* as \w+|\w+) from '([^']+)'\n/gm

export function blocks(page: string): { line: number; code: string }[] {
  const text = read(page)
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(match => ({
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match[1] ?? '',
  }))
}

/**
 * A page's blocks as one module: what they import at its top, each only once, and what the page takes for granted from
 * `contexts`.
 */
export function program(page: string): Program {
  const name = page.replace(/\.md$/, '').replaceAll('/', '-')
  const imports = new Map<string, Set<string>>()
  const namesOf = (from: string) => {
    if (!imports.has(from)) imports.set(from, new Set())
    return imports.get(from) as Set<string>
  }
  const whole: string[] = []
  const parts = blocks(page).map(({ line, code }) => {
    const rest = code.replace(IMPORT, (statement, type: string | undefined, what: string, from: string) => {
      if (!what.startsWith('{')) whole.push(statement)
      else {
        for (const one of what.slice(1, -1).split(','))
          if (one.trim() !== '') namesOf(from).add(`${type ?? ''}${one.trim()}`)
      }
      return ''
    })
    return `// ${page}:${line}\n${rest}`
  })
  const imported = new Set(
    [...imports.values()].flatMap(names => [...names].map(one => one.replace('type ', ''))),
  )
  const context = `contexts/${name}.ts`
  if (existsSync(join(root, 'test/docs', context))) {
    const text = read(join('test/docs', context))
    const given = [
      ...text.matchAll(/^export (?:async )?(?:const|function|declare const|declare function) (\w+)/gm),
    ]
      .map(([, one = '']) => one)
      .concat(
        [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list = '']) =>
          list.split(',').map(one => one.trim()),
        ),
      )
      .filter(one => one !== '' && !imported.has(one))
    for (const one of given) namesOf(`../${context.replace(/\.ts$/, '.js')}`).add(one)
  }
  const statements = [...imports].map(([from, names]) => {
    // Of a package that is types alone, nothing may be loaded.
    const onlyTypes = [...names].every(one => one.startsWith('type '))
    const list = [...names].map(one => (onlyTypes ? one.replace('type ', '') : one)).join(', ')
    return `import ${onlyTypes ? 'type ' : ''}{ ${list} } from '${from}'\n`
  })
  return { page, name, text: [...whole, ...statements, ...parts, 'export {}\n'].join('') }
}

/** Where a program is to run: a folder beside `contexts`, which they import from. */
export const pathOf = (folder: string, { name }: Program) => join(root, 'test/docs', folder, `${name}.ts`)

export function writePrograms(folder: string, programs: readonly Program[]): void {
  removePrograms(folder)
  mkdirSync(join(root, 'test/docs', folder))
  for (const one of programs) writeFileSync(pathOf(folder, one), one.text)
}

export function removePrograms(folder: string): void {
  rmSync(join(root, 'test/docs', folder), { recursive: true, force: true })
}

/** What the page says that its `console.log()`s print, in order. `…` stands for more. */
export function promisedOutput(page: string): string[] {
  return blocks(page).flatMap(({ code }) =>
    [...code.matchAll(/console\.log\(.*\)\)? \/\/ (.*)$/gm)].map(([, text = '']) => text),
  )
}
