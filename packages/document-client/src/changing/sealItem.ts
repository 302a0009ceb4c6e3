import type { AttributeValue } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import { DocumentClientError } from '../errors.js'
import { areEqual } from '../evaluation/comparison.js'
import type { Attributes } from '../evaluation/types.js'
import { Sealing } from '../sealing/sealing.js'
import type { KnownTable } from '../tables/knownTable.js'
import { fromWire, toWire, WIRE_VALUES, type WireItem } from '../values/wireItems.js'
import { collectOpened } from './collectOpened.js'
import type { ReadItem } from './readFirst.js'

/**
 * An item that was opened, changed or not, sealed anew: what is encrypted here, and what another application has encrypted in it.
 *
 * @throws {SealError}
 * @throws {DocumentClientError} `update-refused`
 */
export async function sealItem(
  table: KnownTable,
  changed: Attributes,
  before: ReadItem,
  settings: ClientSettings,
): Promise<WireItem> {
  refuseLost(table, before)
  const item = fromWire(changed)
  const holder = { Item: item }
  const sealing = new Sealing({ ...settings, values: WIRE_VALUES })
  const place = { table, key: item, kind: table.kindOf(item) }
  const sealedBefore = sealedIn(before).filter(name => Object.hasOwn(item, name))
  collectOpened(sealing, settings, place, sealedBefore, holder)
  await sealing.seal()
  return toWire(holder.Item)
}

/** What opening has made something else of: it was ciphertext, whether or not anybody here said so. */
export function sealedIn({ stored = {}, opened = {} }: ReadItem): string[] {
  return Object.entries(opened)
    .filter(
      ([name, value]) => stored[name]?.B !== undefined && !areEqual(stored[name] as AttributeValue, value),
    )
    .map(([name]) => name)
}

/**
 * What opening takes out and sealing does not put in again is kept by another application: by beacons of the AWS Database
 * Encryption SDK, items are found.
 */
function refuseLost(table: KnownTable, { stored = {}, opened = {} }: ReadItem): void {
  const written = new Set([
    ...Object.keys(opened),
    ...table.formatAttributes,
    ...table.tokens(table.kindOf(fromWire(opened))).map(({ path: [name] }) => name),
  ])
  const lost = Object.keys(stored).filter(name => !written.has(name))
  if (lost.length === 0) return
  throw new DocumentClientError(
    'update-refused',
    `An item of table ${table.name} has ${lost.join(', ')}, by which another application finds it, and which this client does not write: sealed anew, it would be without. Write it with that application, or have this client write them.`,
  )
}
