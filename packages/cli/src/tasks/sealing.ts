import { createHash } from 'node:crypto'
import {
  describeStored,
  type EncryptedDataKeyEntry,
  type FieldError,
  type Format,
  type ItemToOpen,
  type ItemToSeal,
  type OpenedField,
  type SealedItem,
} from '@dynaseal/core'
import { persistently, saysNothing } from '../engine/persistently.js'
import { type WrappingKey, wrappingKey } from '../inspect/wrappingKey.js'
import { checkRefusals } from './refusals.js'

/**
 * Seals items, each for itself where they cannot be sealed together: an item that cannot be sealed has the code of its error.
 *
 * @throws what is nobody's item's fault: no data key, say
 */
export async function sealEach(
  format: Format,
  items: readonly ItemToSeal[],
  signal: AbortSignal,
): Promise<(SealedItem | string)[]> {
  const seal = (some: readonly ItemToSeal[]) => persistently(() => format.seal(some, { signal }), { signal })
  if (items.length === 0) return []
  try {
    return await seal(items)
  } catch (error) {
    if (!isOfOneItem(error)) throw error
  }
  return Promise.all(
    items.map(async item => {
      try {
        return (await seal([item]))[0]!
      } catch (error) {
        if (!isOfOneItem(error)) throw error
        return (error as FieldError).code
      }
    }),
  )
}

/** A value that no item can hold, a key that the context's function knows nothing for. */
function isOfOneItem(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && OF_ONE_ITEM.includes(code)
}

const OF_ONE_ITEM = ['invalid-value', 'too-deep', 'too-large', 'invalid-location', 'invalid-context']

/**
 * Opens items.
 *
 * @throws an error that may pass and did not for some time, or that KMS has for all data keys: with it, nobody knows whether a
 *   field opens
 */
export async function openEach(
  format: Format,
  items: readonly ItemToOpen[],
  signal: AbortSignal,
): Promise<(readonly OpenedField[])[]> {
  if (items.length === 0) return []
  const opened = await persistently(
    async () => {
      const results = await format.open(items, { signal })
      for (const { fields } of results)
        for (const field of fields) if ('error' in field && saysNothing(field.error)) throw field.error
      return results.map(({ fields }) => fields)
    },
    { signal },
  )
  await checkRefusals(format, items, opened.map(errorOf), signal)
  return opened
}

/** Where nothing is refused, any of them. */
function errorOf(fields: readonly OpenedField[]): FieldError | undefined {
  let any: FieldError | undefined
  for (const field of fields) {
    if (!('error' in field)) continue
    if (field.error.code === 'key-unavailable') return field.error
    any = field.error
  }
  return any
}

/** What stored bytes say of how they were written: what a rewrap compares. */
export interface Writing {
  readonly form: 'message' | 'short' | 'full'
  /** The keys under which the data key is encrypted, in one string: equal for replicas of one KMS key. */
  readonly wrappedBy: string
  /** Of the data key: equal for all that was sealed under it, and for nothing else. */
  readonly dataKey: string
}

/**
 * @param bytes a field
 * @param envelope that of its item, which short fields need
 * @returns undefined for what cannot be read
 */
export function writingOf(bytes: Uint8Array, envelope: Uint8Array | undefined): Writing | undefined {
  try {
    const { form, encryptedDataKeys } = describeStored(bytes)
    if (form === 'envelope') return undefined
    if (encryptedDataKeys === undefined)
      return envelope === undefined ? undefined : { ...keysIn(envelope), form }
    return { ...keysIn(bytes), form }
  } catch {
    return undefined
  }
}

function keysIn(bytes: Uint8Array): Pick<Writing, 'wrappedBy' | 'dataKey'> {
  const { encryptedDataKeys = [] } = describeStored(bytes)
  const hash = createHash('sha256')
  for (const { encryptedDataKey } of encryptedDataKeys) hash.update(encryptedDataKey)
  return { wrappedBy: wrappedBy(encryptedDataKeys), dataKey: hash.digest('hex').slice(0, 32) }
}

/** The keys under which a data key is encrypted, in one string: equal for replicas of one KMS key. */
export function wrappedBy(encryptedDataKeys: readonly EncryptedDataKeyEntry[]): string {
  return encryptedDataKeys.map(wrappingKey).map(regionless).sort().join(' ')
}

/** All replicas of a multi-Region key have one id. */
function regionless({ provider, name, version = '', region }: WrappingKey): string {
  const one = region !== undefined && name.includes(':key/mrk-') ? name.replace(`:${region}:`, '::') : name
  return JSON.stringify([provider, one, version])
}
