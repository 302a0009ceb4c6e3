#!/usr/bin/env node
import { ExitCode } from './errors.js'
import { run } from './run.js'
import { processTerminal } from './terminal.js'

// The first Ctrl-C lets what is under way end; the second one ends at once.
const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(ExitCode.INTERRUPTED)
    interrupt.abort()
  })
}

process.exitCode = await run(process.argv.slice(2), processTerminal, {
  cwd: process.cwd(),
  signal: interrupt.signal,
})
