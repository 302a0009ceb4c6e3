import type { DataKeyCache } from './dataKeyCache/dataKeyCache.js'
import type { ItemToOpen, OpenedItem } from './format.js'
import { OpeningPage } from './openingPage.js'
import type { FieldReader } from './storedField.js'

/**
 * Every outcome is in the result; what is thrown is about the call and not about a stored value.
 *
 * One promise for all of it, as long as nothing has to be waited for: one more for each of its parts would take as long as
 * to derive a key.
 */
export async function openItems(
  items: readonly ItemToOpen[],
  cache: DataKeyCache,
  reader: FieldReader,
  signal?: AbortSignal,
): Promise<OpenedItem[]> {
  const page = new OpeningPage(items, cache.beginOpening(signal))
  try {
    for (let wait = page.group(reader); wait !== undefined; wait = page.group(reader)) await wait
    page.publish()
    const waiting = page.takeKeys()
    if (waiting.length > 0) await Promise.all(waiting)
    signal?.throwIfAborted()
    return page.open() ?? (await page.openRest())
  } finally {
    page.end()
  }
}

/**
 * The same where nobody has to be asked for a data key, or waited for; by a promise where others want their turn.
 *
 * @returns nothing where somebody has to: then nothing has been opened, and nobody has been told of anything
 */
export function openItemsNow(
  items: readonly ItemToOpen[],
  cache: DataKeyCache,
  reader: FieldReader,
): OpenedItem[] | undefined | Promise<OpenedItem[] | undefined> {
  const page = new OpeningPage(items, cache.beginOpening())
  let isOver = true
  try {
    const wait = page.group(reader)
    if (wait !== undefined) return wait.then(() => openItemsNow(items, cache, reader))
    if (!page.takeKeysInMemory()) return undefined
    const opened = page.open()
    if (opened !== undefined) return opened
    isOver = false
    return page.openRest().finally(() => page.end())
  } finally {
    if (isOver) page.end()
  }
}
