import type { Command } from 'commander'
import { CliError } from '../errors.js'
import { rewrap, rewrapTokens } from '../tasks/tasks.js'
import { projectOf, type Surroundings } from './shared.js'
import { type WorkOptions, work, workCommand } from './work.js'

interface Options extends WorkOptions {
  readonly all?: boolean
  readonly searchKey?: boolean
  readonly from?: string
}

export function rewrapCommand(surroundings: Surroundings): Command {
  return workCommand(
    'rewrap',
    'seals again what is under another key or in another format',
    "Seals again what the configuration's client would write otherwise: in another format, with the envelope inside where it need not be, or under another KMS key or version of a branch key than its keyring writes under.",
  )
    .option('--all', 'seal everything again, under new data keys')
    .option(
      '--search-key',
      'compute search tokens anew instead, under the search key or beacon key that is written with; items whose key is one are moved',
    )
    .option(
      '--from <file>',
      'the configuration of a client that opens what is stored, where the format of this one is that of the AWS Database Encryption SDK and its is not, or the other way round',
    )
    .action((table: string, options: Options, command: Command) => {
      const { all = false, searchKey = false, from } = options
      if (all && searchKey)
        throw new CliError(
          'usage',
          '--all is about what is sealed, and --search-key about search tokens: one after the other.',
        )
      if (searchKey && from !== undefined)
        throw new CliError('usage', '--from is about what is sealed, and --search-key about search tokens.')
      return work(table, options, surroundings, command, {
        opens: true,
        moves: searchKey,
        async task(target) {
          if (searchKey) return rewrapTokens(target)
          if (from === undefined) return rewrap(target, { all })
          const other = await projectOf({ ...options, config: from }, surroundings)
          return rewrap(target, { all }, other.target(table, options.region))
        },
      })
    })
}
