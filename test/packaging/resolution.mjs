// Whether what each archive's `exports` say of types and of programs is the same thing, asked of are-the-types-wrong.
// It finds three things, which docs/support.md explains; anything else, and any of the three that is gone, is an error.
// Of the toolbox, which has a module for CommonJS, it finds the last alone.
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { check } from './checks.mjs'
import { root } from './consumer.mjs'

const ATTW = join(root, 'test/node_modules/@arethetypeswrong/cli/dist/index.js')
const EXPLAINED = [
  'CJSResolvesToESM in node16-cjs',
  'FalseCJS', // it names no resolution
  'NoResolution in node10',
]

/** It exits with 1 when it finds something, which it does, and before a pipe has taken a long report: so that goes to a file. */
function findings(archive) {
  // Beside the folder of the archives, which has nothing else.
  const file = join(dirname(archive), '../resolution.json')
  const report = openSync(file, 'w')
  spawnSync(process.execPath, [ATTW, archive, '--format', 'json'], {
    cwd: root,
    stdio: ['ignore', report, 'inherit'],
  })
  closeSync(report)
  const { problems } = JSON.parse(readFileSync(file, 'utf8'))
  const found = Object.values(problems)
    .flat()
    .map(({ kind, resolutionKind }) => (resolutionKind === undefined ? kind : `${kind} in ${resolutionKind}`))
  // Once, however many ways into the package there are: it says so of each.
  return [...new Set(found)].sort()
}

export function checkResolution(archive, name) {
  check(`${name}: are-the-types-wrong finds what the support page explains, and no more`, () => {
    const page = readFileSync(join(root, 'docs/support.md'), 'utf8')
    for (const problem of EXPLAINED) {
      const [kind] = problem.split(' ')
      if (!page.includes(`\`${kind}\``)) throw new Error(`docs/support.md does not explain ${kind}`)
    }
    const found = findings(archive)
    const expected = name.startsWith('dynaseal-toolbox-') ? EXPLAINED.slice(-1) : EXPLAINED
    if (found.join() !== expected.join()) throw new Error(`it finds: ${found.join(', ')}`)
  })
}
