import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { backfillCommand } from './commands/backfill.js'
import { doctorCommand } from './commands/doctor.js'
import { drillCommand } from './commands/drill.js'
import { explainCommand } from './commands/explain.js'
import { initCommand } from './commands/init.js'
import { inspectCommand } from './commands/inspect.js'
import { policyCommand } from './commands/policy.js'
import { revertCommand } from './commands/revert.js'
import { rewrapCommand } from './commands/rewrap.js'
import { scanCommand } from './commands/scan.js'
import { searchKeyCommand } from './commands/searchKey.js'
import type { Surroundings } from './commands/shared.js'
import { CliError, ExitCode, exitCodeOf } from './errors.js'
import { printableLines } from './output/printable.js'
import { wrapped } from './output/table.js'
import type { Terminal } from './terminal.js'

export interface RunOptions {
  readonly cwd: string
  readonly signal: AbortSignal
}

/**
 * Runs the command.
 *
 * @param args without the program's name
 * @returns its exit code, one of {@link ExitCode}
 */
export async function run(args: readonly string[], given: Terminal, options: RunOptions): Promise<number> {
  const terminal: Terminal = {
    ...given,
    out: text => given.out(printableLines(text)),
    note: text => given.note(printableLines(text)),
  }
  let code: number = ExitCode.DONE
  const exit = (next: number) => {
    code = next
  }
  try {
    await program({ terminal, ...options, exit }).parseAsync([...args], { from: 'user' })
  } catch (error) {
    // Help and errors of usage are printed by then.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.DONE : ExitCode.USAGE
    const isEnded = options.signal.aborted
    terminal.note(isEnded && isAbort(error) ? 'Ended before it was done.\n' : said(error, terminal.width))
    return isEnded ? ExitCode.INTERRUPTED : exitCodeOf(error)
  }
  return code
}

function program(surroundings: Surroundings): Command {
  const { terminal } = surroundings
  const dynaseal = new Command('dynaseal')
    .description('For who operates tables with fields that Dynaseal encrypts.')
    .version(versionOf(), '-V, --version', 'print the version')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: one => one.name() })
    .addHelpText('after', '\nEach command has a --help of its own.')
  for (const each of [
    initCommand,
    inspectCommand,
    doctorCommand,
    scanCommand,
    backfillCommand,
    rewrapCommand,
    revertCommand,
    drillCommand,
    policyCommand,
    searchKeyCommand,
    explainCommand,
  ])
    dynaseal.addCommand(each(surroundings))
  for (const one of [dynaseal, ...dynaseal.commands]) {
    one
      .exitOverride()
      .helpOption('-h, --help', 'print this')
      .configureOutput({
        writeOut: text => terminal.out(text),
        writeErr: text => terminal.note(text),
        getOutHelpWidth: () => terminal.width,
        getErrHelpWidth: () => terminal.width,
        outputError: (text, write) => {
          const message = text
            .replace(/^error: /, '')
            .trimEnd()
            .replaceAll('\n', ' ')
          write(lines(`dynaseal: ${message}`, terminal.width))
          write(`Try dynaseal ${one === dynaseal ? '' : `${one.name()} `}--help\n`)
        },
      })
  }
  return dynaseal
}

/** Of the package: its description is one folder up, of the sources and of what is published. */
function versionOf(): string {
  const description = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(description) as { version: string }).version
}

const isAbort = (error: unknown) => (error as Error).name === 'AbortError'

function said(error: unknown, width: number): string {
  const message = error instanceof Error ? messageOf(error) : String(error)
  return lines(`dynaseal: ${message}`, width)
}

/** A text in lines of at most so many columns, each with a line feed. */
export function lines(text: string, width: number): string {
  return wrapped(text, width)
    .map(line => `${line}\n`)
    .join('')
}

/** Errors of the command speak for themselves; of others, the name is half of what they say, and what they came from. */
function messageOf(error: Error): string {
  if (error instanceof CliError) return error.message
  const { name, message, cause } = error
  return `${name}: ${message}${cause instanceof Error ? ` ${cause.name}: ${cause.message}` : ''}`
}
