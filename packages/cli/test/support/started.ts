import { execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Builds what the package ships, and what a configuration imports. */
export function buildCommand(): void {
  const tsc = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))
  const needed = ['cli', 'toolbox', 'mrk-keyring'].map(name => `packages/${name}`)
  const cwd = fileURLToPath(new URL('../../../..', import.meta.url))
  execFileSync(process.execPath, [tsc, '-b', ...needed], { cwd })
  execFileSync(process.execPath, ['scripts/bundle.mjs'], { cwd })
}

/** Runs the command as a process of its own, which can be killed. */
export function start(args: readonly string[], cwd: string) {
  const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const child = spawn(process.execPath, [command, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', note: '' }
  child.stdout.on('data', part => {
    said.out += part
  })
  child.stderr.on('data', part => {
    said.note += part
  })
  const ended = new Promise<{ code: number | null; out: string; note: string }>(resolve =>
    child.on('close', code => resolve({ code, ...said })),
  )
  return { child, ended }
}
