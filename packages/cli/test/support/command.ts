import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../src/run.js'
import type { Terminal } from '../../src/terminal.js'

export interface Said {
  readonly code: number
  readonly out: string
  readonly note: string
}

/** Runs the command in this process, as in a pipe of 80 columns; with an answer, somebody sits in front of it and gives that. */
export async function dynaseal(
  args: readonly string[],
  {
    cwd = process.cwd(),
    input,
    answer,
    signal = new AbortController().signal,
  }: { cwd?: string; input?: string; answer?: () => string | undefined; signal?: AbortSignal } = {},
): Promise<Said> {
  const said = { out: '', note: '' }
  const terminal: Terminal = {
    out: text => {
      said.out += text
    },
    note: text => {
      said.note += text
    },
    width: 80,
    isInteractive: answer !== undefined,
    isPipedInto: input !== undefined,
    readInput: async () => input ?? '',
    ask: async () => answer?.(),
    progress: () => ({ at() {}, end() {} }),
  }
  return { code: await run(args, terminal, { cwd, signal }), ...said }
}

/** A folder inside of this package, so that a configuration in it finds the packages that it imports. */
export function folder(files: Readonly<Record<string, string>> = {}): { path: string; remove(): void } {
  const path = mkdtempSync(join(import.meta.dirname, '../../.tmp-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return { path, remove: () => rmSync(path, { recursive: true }) }
}

/** What is wider than 80 columns, or has the codes that colour a terminal. */
export function unfit(text: string): string[] {
  return text.split('\n').filter(line => line.length > 80 || line.includes('\u001b'))
}
