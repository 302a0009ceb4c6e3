import type { Command } from 'commander'
import { backfill } from '../tasks/tasks.js'
import type { Surroundings } from './shared.js'
import { type WorkOptions, work, workCommand } from './work.js'

interface Options extends WorkOptions {
  readonly entity?: readonly string[]
  readonly unknown?: boolean
  readonly binary?: boolean
}

export function backfillCommand(surroundings: Surroundings): Command {
  return workCommand(
    'backfill',
    'seals what is in clear',
    'Seals what stands in clear where ciphertext belongs, attribute by attribute. What is sealed already, and every other attribute, stays as it is.',
  )
    .option('--entity <name...>', 'only items of these entities (default: of all that are known)')
    .option('--unknown', 'also items that do not say of which known entity they are')
    .option('--binary', 'also bytes, if they do not look like ciphertext')
    .action((table: string, options: Options, command: Command) => {
      const { entity, unknown = false, binary = false } = options
      return work(table, options, surroundings, command, {
        opens: false,
        task: target => backfill(target, { entities: entity, unknown, binary }),
      })
    })
}
