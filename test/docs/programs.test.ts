import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { formatWithOptions } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { markdownFiles, root } from './markdown.js'
import { blocks, pathOf, program, promisedOutput, removePrograms, writePrograms } from './programs.js'

const folder = '.programs'
const programs = markdownFiles()
  .filter(page => blocks(page).length > 0)
  .map(program)
/** Pages that say all that they need, or whose context gives it. */
const RUN = [
  'docs/branch-keys.md',
  'docs/document-client.md',
  'docs/guide.md',
  'docs/migrating.md',
  'docs/monitoring.md',
  'docs/search.md',
  'packages/core/README.md',
  'packages/db-esdk/README.md',
  'packages/local-cloud/README.md',
]

beforeAll(() => {
  vi.stubEnv('DOCS_ENGINE', 'dynoxide') // branch keys are written in transactions
  writePrograms(folder, programs)
})
afterAll(() => removePrograms(folder))

test('the code of every page compiles', { timeout: 600_000 }, () => {
  const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'test/docs', '--pretty', 'false']
  const { stdout, stderr } = spawnSync(process.execPath, tsc, { cwd: root, encoding: 'utf8' })
  expect(stdout + stderr).toBe('')
})

test.each(RUN)('the code of %s runs, and prints what the page says', { timeout: 60_000 }, async page => {
  const printed: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...args) => {
    printed.push(formatWithOptions({ breakLength: Infinity }, ...args))
  })
  try {
    await import(pathOf(folder, program(page)))
  } finally {
    log.mockRestore()
  }
  const promised = promisedOutput(page)
  expect(promised.length).toBeGreaterThan(0)
  const found: string[] = []
  for (const line of printed) {
    const next = promised[found.length]
    if (next !== undefined && prints(line, next)) found.push(next)
  }
  expect(found, `of what was printed: ${printed.join(' | ')}`).toEqual(promised)
})

/** A page may leave out the end of a line. */
function prints(line: string, promise: string): boolean {
  const [start = '', rest] = promise.split(/…|\.\.\./)
  return rest === undefined ? line === promise : line.startsWith(start)
}
