import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Target } from '../config/project.js'
import type { Left } from '../engine/task.js'
import { encryptedFields, keyOf, nameOf } from '../stored/tableItem.js'
import { leavesOf, type WireField, type WireItem } from '../stored/wireItem.js'

/** What is sealed in an item, and the format's own attributes of it. */
export interface SealedParts {
  readonly key: WireItem
  /** Where ciphertext belongs. */
  readonly fields: readonly WireField[]
  /** Those attributes of the format's own that the item has. */
  readonly attributes: Readonly<Record<string, AttributeValue>>
  /** Ciphertext where none is declared. It may need these attributes. */
  readonly strays: readonly Left[]
}

export function sealedParts({ known, format }: Target, item: WireItem): SealedParts {
  const isSealed = ({ value }: WireField) => value.B !== undefined && format.looksSealed(value.B)
  const fields = encryptedFields(known, item).filter(field => !field.isObstacle && isSealed(field))
  const declared = new Set(fields.map(({ path }) => nameOf(path)))
  const strays = leavesOf(item)
    .filter(isSealed)
    .filter(({ path }) => !declared.has(nameOf(path)) && !known.formatAttributes.includes(path[0] as string))
    .map(({ path }) => ({ path, reason: 'not-declared' }))
  const attributes = Object.fromEntries(
    known.formatAttributes.flatMap(name => (item[name] === undefined ? [] : [[name, item[name]]])),
  )
  return { key: keyOf(known, item)!, fields, attributes, strays }
}
