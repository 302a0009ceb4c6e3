import {
  type AttributePath,
  type AttributeValue,
  createFormat,
  type FieldErrorCode,
  type FieldFormat,
  type FormatOptions,
  type ItemFields,
  type ItemToOpen,
  type ItemToSeal,
} from '../../src/index.js'
import type { Purpose } from '../../src/materials/context.js'
import { codecOfRun } from './codec.js'
import { item } from './fields.js'

type Place = Parameters<typeof item>[1]

/** A way in which fields are stored. What holds for each of them is tested with each. */
export interface Form {
  readonly name: string
  readonly shape: 'message' | 'short' | 'full'
  /** Purpose of the encryption context. */
  readonly purpose: Purpose
  /** Codes that differ from format to format. */
  readonly codes: {
    /** Of a field in another place of its table. */
    readonly moved: FieldErrorCode
    /** Of a field without its last byte. */
    readonly cut: FieldErrorCode
  }
  /** A format that writes fields so. */
  create(options: FormatOptions): FieldFormat
  /** One item with one field, as it is to be given to that format. */
  item(value: AttributeValue, place?: Place): ItemToSeal
  /** Any item, likewise. */
  items(fields: ItemFields<AttributeValue>): ItemToSeal
}

function form(name: string, shape: Form['shape'], options: Partial<FormatOptions>): Form {
  const items = (fields: ItemFields<AttributeValue>): ItemToSeal => ({ ...fields, whole: shape === 'short' })
  const isMessage = shape === 'message'
  return {
    name,
    shape,
    purpose: isMessage ? 'message' : 'envelope',
    codes: isMessage
      ? { moved: 'wrong-location', cut: 'malformed-message' }
      : { moved: 'not-authentic', cut: 'not-authentic' },
    create: given => createFormat({ ...options, ...given }),
    item: (value, place) => items(item(value, place)),
    items,
  }
}

const short = form('short fields', 'short', {})
const full = form('full fields', 'full', {})
export const message = form('messages', 'message', { format: 'message', codec: codecOfRun })

/** In format 2 no codec takes part: with another, its fields would be the same. */
export const FORMS2: readonly Form[] = codecOfRun === 'own' ? [short, full] : []

/** Those of this run. */
export const FORMS: readonly Form[] = [message, ...FORMS2]

/** Format 1 by each codec, whatever the run, and format 2. */
export const FORMS_AND_CODECS: readonly Form[] = [
  ...(['own', 'client-node'] as const).map(codec =>
    form(`messages by codec ${codec}`, 'message', { format: 'message', codec }),
  ),
  ...FORMS2,
]

/** A stored item of one field, as if it stood elsewhere. */
export function movedTo(
  { fields: [field], ...stored }: ItemToOpen,
  { path, ...place }: Partial<Omit<ItemToOpen, 'fields'>> & { path?: AttributePath },
): ItemToOpen {
  return { ...stored, ...place, fields: [{ ...field!, ...(path && { path }) }] }
}

/** A stored item of one field with other bytes in it. */
export function withValue({ fields: [field], ...stored }: ItemToOpen, value: Uint8Array): ItemToOpen {
  return { ...stored, fields: [{ ...field!, value }] }
}

/** The bytes of a stored item's field. */
export function bytesOf({ fields: [field] }: ItemToOpen): Buffer {
  return Buffer.from(field!.value)
}
