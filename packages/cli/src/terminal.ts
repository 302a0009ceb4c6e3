import { addAbortSignal } from 'node:stream'
import { text } from '@clack/prompts'
import { type Progress, showProgress } from './output/progress.js'

/** Where a command reads and writes. */
export interface Terminal {
  /** Results. */
  out(text: string): void
  /** What is said on the way: estimates, progress, errors. */
  note(text: string): void
  /** Columns of the results: those of a terminal, or 80. */
  readonly width: number
  /** Whether somebody sits in front of it, who can be asked and sees progress. */
  readonly isInteractive: boolean
  /** Whether something was piped in. */
  readonly isPipedInto: boolean
  readInput(): Promise<string>
  /** What somebody types; undefined where there is nobody, or who would not say. */
  ask(question: string): Promise<string | undefined>
  /** How far it is with the items. @param total about, if it is known */
  progress(total: number | undefined): Progress
}

/** The least that tables need to be readable. */
const MIN_WIDTH = 40

const isInteractive = process.stdin.isTTY === true && process.stderr.isTTY === true
const note = (line: string) => void process.stderr.write(line)

/** @param signal ends what waits for somebody to type */
export function processTerminal(signal: AbortSignal): Terminal {
  return {
    out: result => void process.stdout.write(result),
    note,
    width: Math.max(MIN_WIDTH, process.stdout.columns ?? 80),
    isInteractive,
    isPipedInto: process.stdin.isTTY !== true,
    async readInput() {
      const parts: Buffer[] = []
      for await (const part of addAbortSignal(signal, process.stdin)) parts.push(part as Buffer)
      return Buffer.concat(parts).toString('utf8')
    },
    async ask(question) {
      if (!isInteractive) return undefined
      // Whoever ends the input, by Ctrl-D, types nothing any more.
      const ended = new AbortController()
      const end = (_: unknown, key?: { readonly name?: string; readonly ctrl?: boolean }) => {
        if (key === undefined || (key.ctrl === true && key.name === 'd')) ended.abort()
      }
      process.stdin.once('end', end).on('keypress', end)
      const answer = await text({
        message: question,
        output: process.stderr,
        signal: AbortSignal.any([signal, ended.signal]),
      })
      return typeof answer === 'string' ? answer : undefined
    },
    progress: total => showProgress(isInteractive, process.stderr, total),
  }
}
