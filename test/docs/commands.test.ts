import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { read, root } from './markdown.js'

const TEXT = /\.(c?ts|[cm]?js|json|md|py|txt|ya?ml)$|^\.ci\//
const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.interop', '.local-cloud', 'pnpm-lock.yaml'])

/** Every text of the repository, by its path from the root. */
function texts(folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    if (NOT_OURS.has(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return texts(path)
    return TEXT.test(path) ? [path] : []
  })
}

/** npx asks before it fetches a package, and stops where nobody can answer: in a script, a container, CI. */
const ASKS = /\bnpx (?!--yes )(?:-\S+ )*pnpm@/

const asking = (text: string) => text.split('\n').filter(line => ASKS.test(line))

test('no command asks whether it may fetch pnpm', () => {
  const files = texts()
  expect(files).toEqual(expect.arrayContaining(['README.md', '.ci/run', 'docs/guide.md', 'package.json']))
  expect(files.flatMap(path => asking(read(path)).map(line => `${path}: ${line}`))).toEqual([])
})

test('a command that asks is found', () => {
  const [without, quiet] = ['npx', 'npx --quiet'].map(npx => `Run \`${npx} pnpm@12 test\`.`)
  expect(asking(`${without}\nnpx --yes pnpm@12 test\n${quiet}`)).toEqual([without, quiet])
})

test('every command that a page runs with pnpm is a script of the root, before which everything is installed', () => {
  const { scripts } = JSON.parse(read('package.json'))
  const pages = texts().filter(path => path.endsWith('.md'))
  const called = pages.flatMap(path =>
    [...read(path).matchAll(/npx --yes pnpm@12 ([^\s`]+)/g)].map(([, script = '']) => script),
  )
  expect(called).toContain('demo')
  // With --filter, pnpm would install what one package needs, and the build of all fails.
  expect([...new Set(called)].filter(script => script !== 'exec' && scripts[script] === undefined)).toEqual(
    [],
  )
})

test('.ci/run calls the command of the README, with nothing that answers for it', () => {
  expect(read('.ci/run')).toMatch(/^NO_COLOR=1 npx --yes pnpm@12 test /m)
  expect(read('README.md')).toMatch(/^npx --yes pnpm@12 test /m)
  expect(read('.ci/run')).not.toMatch(/npm_config_yes/i)
})
