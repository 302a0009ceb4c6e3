import type { Schema } from 'dynamodb-toolbox'
import { children } from './children.js'
import { isEncryptedSchema } from './encryptedSchema.js'

const known = new WeakMap<Schema, boolean>()

/** Whether a schema has an encrypted attribute in it. */
export function encrypts(schema: Schema): boolean {
  let answer = known.get(schema)
  if (answer === undefined) {
    answer = isEncryptedSchema(schema) || children(schema).some(([, child]) => encrypts(child))
    known.set(schema, answer)
  }
  return answer
}
