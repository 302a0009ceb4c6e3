import { invalidSchema } from './errors.js'

const MESSAGE =
  'encrypted() is lost in a schema that was rebuilt from a DTO: it would store values in clear and load ciphertext. Annotate the attribute again with encrypted(), and register the entity.'

/**
 * What the DTO of a schema says in place of an encrypted attribute's transformer. `fromSchemaDTO` drops
 * transformers that it does not know, and what it drops would be stored in clear; of this it makes a prefix
 * whose delimiter cannot be made a string, so that both of its directions throw.
 */
export const lostEncryption = {
  transformerId: 'pipe',
  transformers: [
    {
      transformerId: 'prefix',
      prefix: '',
      delimiter: {
        toString() {
          throw invalidSchema(MESSAGE)
        },
        // As JSON, where functions are dropped, the message stands where JavaScript looks for the function.
        toJSON: () => ({ toString: MESSAGE }),
      },
    },
  ],
}
