import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

export type Command = ChildProcessByStdio<null, Readable, Readable>

/** The command as the package ships it; `buildPackage` first. */
export function run(...args: string[]): Command {
  return spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

export async function outcome(
  child: Command,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}

/** The line of `--json` that says it is ready. Throws what the command says if it ends instead. */
export async function readiness(
  child: Command,
): Promise<{ endpoint: string; regions: string[]; keys: unknown[] }> {
  const lines = createInterface(child.stdout)
  const ended = once(child, 'exit').then(async () => {
    throw new Error(await text(child.stderr))
  })
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
  ended.catch(() => {})
  return JSON.parse(line)
}
