import { invalidOption } from '../errors.js'
import { isPlainObject } from '../plainObject.js'

/** How much of its envelope a field of an item that is written as a whole has inside: nothing, or all. */
export type FieldForm = 'short' | 'full'

/** @see FormatOptions */
export interface EnvelopeOptions {
  /** Name of the envelope attribute. */
  readonly attribute: string
  /** @param table logical table name */
  formOf(table: string): FieldForm
}

/** @throws {ConfigurationError} `invalid-option` */
export function envelopeOptions(
  attribute: string,
  fields: FieldForm | Readonly<Record<string, FieldForm>>,
): EnvelopeOptions {
  if (!isAttributeName(attribute)) {
    throw invalidOption(
      'The option envelopeAttribute must be the name of an attribute: 1 to 255 bytes of UTF-8, and none that objects inherit, as __proto__.',
    )
  }
  if (typeof fields === 'string') {
    check(fields)
    return { attribute, formOf: () => fields }
  }
  if (!isPlainObject(fields)) check(fields)
  const forms = new Map(Object.entries(fields))
  for (const form of forms.values()) check(form)
  return { attribute, formOf: table => forms.get(table) ?? 'short' }
}

/**
 * Under a name that is inherited, an object seems to have an envelope without having one, or loses the one that it is
 * given; what is no UTF-8 is stored under another name. Fields without their envelope never open.
 */
function isAttributeName(name: unknown): boolean {
  if (typeof name !== 'string' || name === '' || !name.isWellFormed()) return false
  return Buffer.byteLength(name) <= 255 && !(name in Object.prototype)
}

function check(form: unknown): void {
  if (form === 'short' || form === 'full') return
  throw invalidOption(
    "The option fields must be 'short', 'full', or one of the two for each logical table name.",
  )
}
