import type { Command } from 'commander'
import { CliError } from '../errors.js'
import { revert } from '../tasks/tasks.js'
import type { Surroundings } from './shared.js'
import { type WorkOptions, work, workCommand } from './work.js'

interface Options extends WorkOptions {
  readonly inClear?: string
}

export function revertCommand(surroundings: Surroundings): Command {
  return workCommand(
    'revert',
    'puts values in clear in the place of ciphertext',
    'The way back: opens what is sealed, and stores it in clear. It is asked for twice: by --apply, and by the name of the table.',
  )
    .option('--in-clear <table>', 'the name of the table once more; without it, it is asked for')
    .action((table: string, { inClear, ...options }: Options, command: Command) => {
      const { terminal } = surroundings
      const { apply, plan } = options
      const isAsked = inClear === undefined && plan === undefined && terminal.isInteractive
      return work(table, options, surroundings, command, {
        opens: true,
        check({ tableName }) {
          if (apply === true && !isAsked) check(tableName, inClear)
        },
        task: revert,
        async confirm({ tableName }) {
          if (apply !== true || !isAsked) return true
          const answer = await terminal.ask(question(tableName))
          if (answer !== undefined) check(tableName, answer)
          return answer !== undefined
        },
      })
    })
}

const question = (table: string) =>
  `Everything that is sealed in ${table} will be stored in clear. To go on, type the table's name.`

/** @throws {CliError} `usage` */
function check(table: string, answer: string | undefined): void {
  if (answer === table) return
  throw new CliError(
    'usage',
    answer === undefined
      ? `To store everything in clear takes --in-clear ${table} as well, where nobody can be asked.`
      : `That is not the name of the table, ${table}. Nothing was written.`,
  )
}
