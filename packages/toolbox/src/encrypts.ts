import type { Schema } from 'dynamodb-toolbox'
import { isEncryptedSchema } from './encryptedSchema.js'

const known = new WeakMap<Schema, boolean>()

/** Whether a schema has an encrypted attribute in it. */
export function encrypts(schema: Schema): boolean {
  let answer = known.get(schema)
  if (answer === undefined) {
    answer = isEncryptedSchema(schema) || children(schema).some(encrypts)
    known.set(schema, answer)
  }
  return answer
}

function children(schema: Schema): readonly Schema[] {
  switch (schema.type) {
    case 'item':
    case 'map':
      return Object.values(schema.attributes)
    case 'record':
    case 'list':
    case 'set':
      return [schema.elements]
    case 'tuple':
    case 'anyOf':
      return schema.elements
    default:
      return []
  }
}
