import { ConfigurationError } from '../errors.js'
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
  if (typeof attribute !== 'string' || attribute === '' || Buffer.byteLength(attribute) > 255) {
    throw new ConfigurationError(
      'invalid-option',
      'The option envelopeAttribute must be the name of an attribute: 1 to 255 bytes of UTF-8.',
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

function check(form: unknown): void {
  if (form === 'short' || form === 'full') return
  throw new ConfigurationError(
    'invalid-option',
    "The option fields must be 'short', 'full', or one of the two for each logical table name.",
  )
}
