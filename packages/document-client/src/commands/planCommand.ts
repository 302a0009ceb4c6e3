import { DocumentClientError } from '../errors.js'
import type { Sealing } from '../sealing/sealing.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'
import { type Commands, isOfDocuments, operationOf, passes } from './operations.js'
import type { Plan } from './plan.js'

/** A plan for a command, and the class to make the command anew with. */
export interface CommandPlan {
  readonly plan: Plan
  readonly type: new (input: Item) => object
}

/**
 * @param commands those that the client takes
 * @param given what it has
 * @returns `undefined` for a command that reads and writes no items
 * @throws {DocumentClientError} for everything that is refused before it is sent
 */
export function planCommand(
  commands: Commands,
  tables: Tables,
  command: object,
  given: object,
  sealing: Sealing,
): CommandPlan | undefined {
  const operation = operationOf(command)
  if (operation !== undefined && isOfDocuments(command) === (commands.type === 'document')) {
    const input = commands.items.read(given as Item)
    const type = operation[commands.type] as unknown as new (input: Item) => object
    return { plan: operation.plan(tables, input, sealing), type }
  }
  if (operation === undefined && passes(command, given)) return undefined
  throw new DocumentClientError(
    'command-unsupported',
    `${command.constructor.name} would read or write items past the encryption. ${commands.wayOut}`,
  )
}
