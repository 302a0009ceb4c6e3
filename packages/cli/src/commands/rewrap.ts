import type { Command } from 'commander'
import { CliError } from '../errors.js'
import { Rewrap } from '../tasks/rewrap.js'
import { RewrapTokens } from '../tasks/rewrapTokens.js'
import type { Surroundings } from './shared.js'
import { type WorkOptions, work, workCommand } from './work.js'

interface Options extends WorkOptions {
  readonly all?: boolean
  readonly searchKey?: boolean
}

export function rewrapCommand(surroundings: Surroundings): Command {
  return workCommand(
    'rewrap',
    'seals again what is under another key or in another format',
    "Seals again what the configuration's client would write otherwise: in another format, with the envelope inside where it need not be, or under another KMS key or version of a branch key than its keyring writes under.",
  )
    .option('--all', 'seal everything again, under new data keys')
    .option('--search-key', 'compute search tokens anew instead, under the search key that is written with')
    .action((table: string, options: Options, command: Command) => {
      const { all = false, searchKey = false } = options
      if (all && searchKey)
        throw new CliError(
          'usage',
          '--all is about what is sealed, and --search-key about search tokens: one after the other.',
        )
      return work(table, options, surroundings, command, true, target =>
        searchKey ? RewrapTokens.of(target) : new Rewrap(target, { all }),
      )
    })
}
