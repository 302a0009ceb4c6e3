import type { ClientSettings } from '../client/settings.js'
import { holdAll } from '../sealing/holdPlaintext.js'
import { refusePlaintext, type Writing } from '../sealing/plaintext.js'
import type { Sealing } from '../sealing/sealing.js'
import type { Item, Place } from '../values/place.js'

/**
 * Notes all that is to be sealed in an item that was opened, and will be put back, `holder.Item`. All of it must be nobody
 * else's: it is changed, and must not change in between.
 *
 * @param sealedBefore attributes that nobody said are encrypted here, and that were: they stay so
 * @throws {DocumentClientError} `role-refused`, `invalid-value`
 */
export function collectOpened(
  sealing: Sealing,
  { format }: ClientSettings,
  place: Place,
  sealedBefore: readonly string[],
  holder: { readonly Item: Item },
): void {
  const { table, kind } = place
  const own = table.encrypted(kind)
  const others = sealedBefore.filter(name => own.every(pattern => pattern[0] !== name))
  const patterns = [...own, ...others.map(name => [name])]
  const looksSealed = (value: Uint8Array) => format.looksSealed(value)
  const writing: Writing = { table, kind, isCiphertext: () => false, looksSealed }
  holdAll(writing, patterns, [], holder, 'Item')
  for (const pattern of patterns) refusePlaintext(writing, pattern, [], holder.Item)
  if (table.hasTokens)
    sealing.features.search.storeTokens(place, holder.Item, sealing.tokens, sealing.values, looksSealed)
  sealing.note(place, [], holder, 'Item', true, patterns)
}
