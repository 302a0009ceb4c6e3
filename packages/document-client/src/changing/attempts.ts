import { setTimeout } from 'node:timers/promises'
import { DocumentClientError } from '../errors.js'
import type { KnownTable } from '../tables/knownTable.js'

/** How often one command is tried before it gives up, because others wrote its items in between. */
export const ATTEMPTS = 12
/** Milliseconds: the first wait is up to the first of them, each further one up to twice as long, none longer than the last. */
const [FIRST_WAIT, LONGEST_WAIT] = [20, 1000]

/**
 * Tries until it is done. Between two tries is a random time, so that those who met do not meet again.
 *
 * @param attempt undefined if others wrote in between
 * @throws {DocumentClientError} `write-conflict`
 */
export async function repeatedly<RESULT>(
  tables: readonly KnownTable[],
  signal: AbortSignal | undefined,
  attempt: () => Promise<RESULT | undefined>,
): Promise<RESULT> {
  for (let tried = 1; ; tried++) {
    const result = await attempt()
    if (result !== undefined) return result
    if (tried === ATTEMPTS) throw conflict(tables)
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tried - 1)) * Math.random()
    await setTimeout(wait, undefined, signal === undefined ? {} : { signal })
  }
}

function conflict(tables: readonly KnownTable[]): DocumentClientError {
  const names = [...new Set(tables.map(({ name, keyNames }) => `${name} (key ${keyNames.join(', ')})`))]
  return new DocumentClientError(
    'write-conflict',
    `An item of table ${names.join(' or ')} was read and changed, and could not be put back: ${ATTEMPTS} times, others wrote it in between. Nothing was written. Send the command again later; if that happens often, have fewer writers change one item.`,
  )
}
