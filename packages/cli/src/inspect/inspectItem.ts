import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { type AttributePath, describeStored, FieldError, type StoredDescription } from '@dynaseal/core'
import type { AttributeDescription } from '@dynaseal/db-esdk'
import type { Target } from '../config/project.js'
import { encryptedFields, keyOf, kindOf, nameOf, toOpen } from '../stored/tableItem.js'
import { hasItemAttributes, sealsItems } from '../stored/wholeItem.js'
import { fieldAt, leavesOf, type WireField, type WireItem } from '../stored/wireItem.js'
import { describeBytesOfWhole, describeWhole, type InspectedHeader } from './describeWhole.js'
import { inspectWhole } from './inspectWhole.js'
import { IN_CLEAR, lacksKey, OTHER_FORMAT, type Problem, problemOf, STRAY } from './problems.js'
import { type WrappingKey, wrappingKey } from './wrappingKey.js'

export type { Problem }

/** What is known of one stored value. */
export interface InspectedField {
  /** Undefined for bytes of which nobody said where they stand. */
  readonly path: AttributePath | undefined
  /**
   * `sealed`; `envelope` for the envelope of format 2, or the header of an item that was sealed as a whole; `clear` where
   * ciphertext belongs; or `unreadable`: it begins like ciphertext, or should be.
   */
  readonly state: 'sealed' | 'envelope' | 'clear' | 'unreadable'
  /** Of formats 1 and 2. */
  readonly description?: StoredDescription
  /** Of an item of the AWS Database Encryption SDK. */
  readonly header?: InspectedHeader
  /** Of such an item, an encrypted attribute; of bytes alone, what may be one. */
  readonly attribute?: AttributeDescription
  /** The keys under which its data key is encrypted; of a short field those of its envelope, of an attribute those of its item's header. */
  readonly wrappingKeys: readonly WrappingKey[]
  /** What can be told without a data key; or, where it was opened, what opening said. */
  readonly problem?: Problem
  /** Whether it opened at its place; undefined when that was not tried. */
  readonly opens?: boolean
  /** Only where it was asked for. */
  readonly value?: AttributeValue
}

export interface Inspection {
  /** Logical name, where a table was given. */
  readonly table?: string
  /** The kind of the item (its entity), where the table knows it. */
  readonly entity?: string
  readonly fields: readonly InspectedField[]
}

export interface InspectOptions {
  /** The table that the item is from, to check table, context and declared paths. */
  readonly target?: Target | undefined
  /**
   * `check` opens the fields, so that their place is proven, and says whether that worked; `value` has the values as
   * well. Both call the keyring. Default: neither.
   */
  readonly open?: 'check' | 'value' | undefined
}

/**
 * What is stored in an item, as far as it can be told; without `open`, without any call.
 *
 * @throws {CliError} `unsupported` for a format that seals wholes and is not that of the AWS Database Encryption SDK
 * @throws what the keyring throws never: a field that does not open has its problem
 */
export async function inspectItem(
  item: WireItem,
  { target, open }: InspectOptions = {},
): Promise<Inspection> {
  const isWhole = hasItemAttributes(item)
  if (target !== undefined && (sealsItems(target) || isWhole)) {
    const entity = kindOf(target.known, item)
    const fields = isWhole
      ? await inspectWhole(item, target, open)
      : [...describeWhole(item), ...ofOtherFormat(target, item)]
    return { table: target.known.name, ...(entity === undefined ? {} : { entity }), fields }
  }
  const envelopeNames = target?.known.formatAttributes ?? envelopesIn(item)
  const envelopeKeys = envelopeNames.flatMap(name => keysOf(item[name]?.B))
  const declared = target === undefined ? [] : encryptedFields(target.known, item)
  const isDeclared = new Set(declared.map(({ path }) => nameOf(path)))
  const strays = leavesOf(item).filter(
    ({ path, value }) =>
      value.B !== undefined && !isDeclared.has(nameOf(path)) && describe(value.B).isCiphertext,
  )
  const fields = [...declared, ...strays].map(field => {
    const stray =
      target !== undefined && !isDeclared.has(nameOf(field.path)) && !isEnvelope(envelopeNames, field)
    return inspectField(field, envelopeKeys, stray)
  })
  if (target === undefined) return { fields: isWhole ? [...describeWhole(item), ...fields] : fields }
  const entity = kindOf(target.known, item)
  const checked = await checkFields(item, fields, target, open)
  return { table: target.known.name, ...(entity === undefined ? {} : { entity }), fields: checked }
}

/** One stored value, of which nobody says where it stands. */
export function inspectBytes(bytes: Uint8Array): InspectedField {
  const { path: _, ...field } = inspectField({ path: [''], value: { B: bytes } }, [], false)
  const found = field.problem?.code === 'not-a-message' ? describeBytesOfWhole(bytes) : undefined
  return found ?? { path: undefined, ...field }
}

/** What stands where ciphertext belongs in an item that was not sealed as a whole, and should have been. */
function ofOtherFormat({ known }: Target, item: WireItem): InspectedField[] {
  return encryptedFields(known, item).map(field => {
    const found = inspectField(field, [], false)
    return found.description === undefined
      ? { ...found, state: 'clear', problem: IN_CLEAR }
      : { ...found, problem: OTHER_FORMAT }
  })
}

function inspectField(
  { path, value }: WireField,
  envelopeKeys: readonly WrappingKey[],
  isStray: boolean,
): InspectedField {
  if (value.B === undefined) return { path, state: 'clear', wrappingKeys: [], problem: IN_CLEAR }
  const { description, error } = describe(value.B)
  if (description === undefined)
    return { path, state: 'unreadable', wrappingKeys: [], problem: problemOf(error!) }
  const state = description.form === 'envelope' ? 'envelope' : 'sealed'
  const wrappingKeys = description.form === 'short' ? envelopeKeys : keysOf(value.B)
  return { path, state, description, wrappingKeys, ...(isStray ? { problem: STRAY } : {}) }
}

/** What is declared is checked without a key, and opened if that is wanted. */
async function checkFields(
  item: WireItem,
  fields: readonly InspectedField[],
  { known, format }: Target,
  open: InspectOptions['open'],
): Promise<InspectedField[]> {
  const sealed = fields.filter(({ state, problem }) => state === 'sealed' && problem === undefined)
  const key = keyOf(known, item)
  if (sealed.length === 0) return [...fields]
  if (key === undefined) {
    const problem = lacksKey(known.keyNames)
    return fields.map(field => (sealed.includes(field) ? { ...field, problem } : field))
  }
  const toCheck = toOpen(
    known,
    key,
    item,
    sealed.map(({ path }) => ({ path: path!, value: fieldAt(item, path!)! })),
  )
  const results = new Map<InspectedField, Partial<InspectedField>>()
  if (open === undefined) {
    for (const [index, error] of (format.check?.(toCheck) ?? []).entries())
      if (error !== undefined) results.set(sealed[index]!, { problem: problemOf(error) })
  } else {
    const [opened] = await format.open([toCheck])
    for (const [index, result] of opened!.fields.entries()) {
      const found =
        'error' in result
          ? { opens: false, problem: problemOf(result.error) }
          : { opens: true, ...(open === 'value' ? { value: result.value } : {}) }
      results.set(sealed[index]!, found)
    }
  }
  return fields.map(field => ({ ...field, ...results.get(field) }))
}

function describe(bytes: Uint8Array): {
  description?: StoredDescription
  error?: FieldError
  isCiphertext: boolean
} {
  try {
    return { description: describeStored(bytes), isCiphertext: true }
  } catch (error) {
    if (!(error instanceof FieldError)) throw error
    return { error, isCiphertext: error.code !== 'not-a-message' }
  }
}

function keysOf(bytes: Uint8Array | undefined): WrappingKey[] {
  return bytes === undefined ? [] : (describe(bytes).description?.encryptedDataKeys ?? []).map(wrappingKey)
}

/** Without a table, whatever is one: its attribute may have any name. */
function envelopesIn(item: WireItem): string[] {
  return Object.keys(item).filter(name => {
    const bytes = item[name]!.B
    return bytes !== undefined && describe(bytes).description?.form === 'envelope'
  })
}

function isEnvelope(names: readonly string[], { path }: WireField): boolean {
  return path.length === 1 && names.includes(path[0] as string)
}
