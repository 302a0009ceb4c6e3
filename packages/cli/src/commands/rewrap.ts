import type { Command } from 'commander'
import { Rewrap } from '../tasks/rewrap.js'
import type { Surroundings } from './shared.js'
import { type WorkOptions, work, workCommand } from './work.js'

interface Options extends WorkOptions {
  readonly all?: boolean
}

export function rewrapCommand(surroundings: Surroundings): Command {
  return workCommand(
    'rewrap',
    'seals again what is under another key or in another format',
    "Seals again what the configuration's client would write otherwise: in another format, with the envelope inside where it need not be, or under another KMS key or version of a branch key than its keyring writes under.",
  )
    .option('--all', 'seal everything again, under new data keys')
    .action((table: string, options: Options) =>
      work(table, options, surroundings, true, target => new Rewrap(target, { all: options.all ?? false })),
    )
}
