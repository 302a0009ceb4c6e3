import type { FieldError, Format, ItemToOpen, NoKeyringOpensError } from '@dynaseal/core'
import { formatParts, itemFormatParts } from '@dynaseal/core/parts'
import { isTransient, persistently, saysNothing } from '../engine/persistently.js'
import { CliError } from '../errors.js'
import { reasonOf, sentence } from '../keys/reasonOf.js'

/** The item that each format has opened last. */
const openedLast = new WeakMap<Format, ItemToOpen>()

/** What a message brings about by itself, whoever reads it: KMS is not asked, or answers that it did not encrypt that. */
const OF_MESSAGE = ['NO_MATCHING_DATA_KEY', 'MESSAGE_REFUSED']

/**
 * Whether KMS refuses a data key, or all of them: only of the first does an item have the fault. Then it still gives the data key
 * of the item that was opened last; or, where none was, a new one for the encryption context of the item that does not open.
 *
 * @param errors of each item, undefined where it opens
 * @throws {CliError} `permission` where it refuses them all
 */
export async function checkRefusals(
  format: Format,
  items: readonly ItemToOpen[],
  errors: readonly (FieldError | undefined)[],
  signal: AbortSignal,
): Promise<void> {
  const opened = items.find(({ fields }, i) => errors[i] === undefined && fields.length > 0)
  if (opened !== undefined) openedLast.set(format, opened)
  const refused = errors.findIndex(error => error !== undefined && isRefusal(error))
  if (refused < 0) return
  // With a cache of its own: what KMS gave before is no answer.
  const trial = anew(format)
  if (trial === undefined) return
  const known = openedLast.get(format)
  const answers = () =>
    known === undefined ? seals(trial, items[refused]!, signal) : opens(trial, known, signal)
  try {
    if (await persistently(answers, { signal })) return
  } finally {
    trial.clear()
  }
  const error = errors[refused]!
  throw new CliError(
    'permission',
    `KMS gives no data keys for table ${items[refused]!.table}, so that the rest is not looked at: ${sentence(reasonOf(error))} dynaseal doctor says what is missing. Once that is mended, a job with a checkpoint goes on where it was: give the same command again.`,
    error,
  )
}

function anew(format: Format): (Format & { clear(): void }) | undefined {
  const [ofFields, ofItems] = [formatParts(format), itemFormatParts(format)]
  return ofFields?.over(ofFields.keyring) ?? ofItems?.over(ofItems.keyring)
}

function isRefusal(error: FieldError): boolean {
  if (error.code !== 'key-unavailable' || isTransient(error)) return false
  const { cause } = error as { cause?: Partial<NoKeyringOpensError> }
  return !(cause?.errors ?? [cause]).every(one => OF_MESSAGE.includes(String(Object(one).code)))
}

async function opens(trial: Format, item: ItemToOpen, signal: AbortSignal): Promise<boolean> {
  const [opened] = await trial.open([item], { signal })
  const { fields, error } = opened!
  const errors = [error, ...fields.map(field => ('error' in field ? field.error : undefined))]
  for (const one of errors) if (one !== undefined && saysNothing(one)) throw one
  return !errors.some(one => one?.code === 'key-unavailable')
}

async function seals(
  trial: Format,
  { attributes: _, ...item }: ItemToOpen,
  signal: AbortSignal,
): Promise<boolean> {
  const [field] = item.fields
  const fields =
    field === undefined || trial.wholeItems === true ? [] : [{ path: field.path, value: { NULL: true } }]
  try {
    await trial.seal([{ ...item, fields, whole: true }], { signal })
    return true
  } catch (error) {
    if (saysNothing(error as Error)) throw error
    // A client that only opens says nothing of KMS by not sealing.
    return (error as { code?: unknown }).code !== 'key-unavailable'
  }
}
