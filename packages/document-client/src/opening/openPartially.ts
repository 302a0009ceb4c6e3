import { AsyncLocalStorage } from 'node:async_hooks'
import type { FieldError } from '@dynaseal/core'
import { FieldsNotOpenedError } from '../errors.js'
import type { Item } from '../values/place.js'
import type { Unopened } from './opening.js'

/** An item that was left out of a result because not all of its encrypted fields open. */
export interface UnopenedItem {
  /** Logical table name. */
  readonly table: string
  /** The item's primary key, as data: unlike an error, this is meant for the application alone. */
  readonly key: Readonly<Record<string, unknown>>
  readonly failures: readonly FieldError[]
}

/** What could be read, and what is left out of it. */
export interface PartialResult<RESULT> {
  readonly result: RESULT
  readonly unopened: readonly UnopenedItem[]
}

const collectors = new AsyncLocalStorage<UnopenedItem[]>()

/**
 * Runs reading commands so that an item which does not open is left out and reported, where otherwise
 * the whole command would fail with {@link FieldsNotOpenedError}. A single item that does not open
 * is missing from its result.
 *
 * @param read sends any number of commands, through any sealed client, and has what they return when its promise is fulfilled:
 *   what reads on demand, as paginators and exports do, is iterated inside of it
 * @throws {TypeError} for a promise in place of a function
 * @example
 * const { result, unopened } = await openPartially(() =>
 *   client.send(new QueryCommand({ TableName: 'users', ...condition })),
 * )
 * for (const { key, failures } of unopened) quarantine(key, failures)
 */
export async function openPartially<RESULT>(read: () => Promise<RESULT>): Promise<PartialResult<RESULT>> {
  if (typeof read !== 'function')
    throw new TypeError(
      'openPartially() takes a function that reads, and not what that returns: openPartially(() => client.send(command)).',
    )
  const unopened: UnopenedItem[] = []
  const result = await collectors.run(unopened, read)
  return { result, unopened }
}

/**
 * Reports items that are left out of a result, inside `openPartially`.
 *
 * @param unopened one or more
 * @param cause the error that carried them: then they are thrown for in any case
 * @throws {FieldsNotOpenedError} with all that did not open, elsewhere
 */
export function leaveOut(unopened: readonly Unopened[], cause?: unknown): void {
  const collector = cause === undefined ? collectors.getStore() : undefined
  if (collector === undefined)
    throw new FieldsNotOpenedError(
      unopened.flatMap(({ failures }) => failures),
      cause,
    )
  for (const { table, key, failures } of unopened) {
    collector.push({
      table: table.name,
      key: Object.fromEntries(table.keyNames.map(name => [name, key[name]])),
      failures,
    })
  }
}

/** Takes items out of a response, wherever a command's response has items. */
export function dropItems(output: Item, dropped: ReadonlySet<unknown>): void {
  if (dropped.size === 0) return
  for (const name of ['Item', 'Attributes']) if (dropped.has(output[name])) delete output[name]
  if (Array.isArray(output.Items)) output.Items = output.Items.filter(item => !dropped.has(item))
  if (Array.isArray(output.Responses)) {
    for (const response of output.Responses as Item[]) dropItems(response, dropped)
  } else if (output.Responses !== undefined) {
    const responses = output.Responses as Record<string, unknown[]>
    for (const [table, items] of Object.entries(responses)) {
      responses[table] = items.filter(item => !dropped.has(item))
    }
  }
}
