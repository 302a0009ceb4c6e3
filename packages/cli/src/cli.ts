#!/usr/bin/env node
import { Console } from 'node:console'
import { ExitCode } from './errors.js'
import { lines, run } from './run.js'
import { processTerminal } from './terminal.js'

// Only results are on standard output. What a configuration logs, or what it imports, would stand among them.
globalThis.console = new Console(process.stderr)

// The first Ctrl-C lets what is under way end; the second one ends at once.
const interrupt = new AbortController()
const terminal = processTerminal(interrupt.signal)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(ExitCode.INTERRUPTED)
    interrupt.abort()
    if (terminal.isInteractive) terminal.note('\nEnding what is under way. Ctrl-C again ends at once.\n')
  })
}

const say = (text: string) => terminal.note(lines(`dynaseal: ${text}`, terminal.width))

// Work goes on where nobody reads what is said any more. A result that cannot be kept is another matter.
process.stderr.on('error', () => {})
let isLost = false
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  isLost = true
  process.exitCode = ExitCode.FAILED
  say(`What was found cannot be written to standard output: ${error.message}`)
})

// What a configuration imports may end the process, or wait for what never comes: neither is success.
let hasEnded = false
process.on('exit', code => {
  if (hasEnded || interrupt.signal.aborted || code === ExitCode.FAILED) return
  process.exitCode = ExitCode.FAILED
  say(
    'It ended before it was done: what the configuration has or imports calls process.exit(), or waits for what never comes.',
  )
})

void run(process.argv.slice(2), terminal, { cwd: process.cwd(), signal: interrupt.signal }).then(code => {
  hasEnded = true
  process.exitCode = isLost ? ExitCode.FAILED : code
})
