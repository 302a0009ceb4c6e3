/**
 * What the packages of this project that bring a format are made of. For those packages alone; it may change with every
 * release.
 */

export { copyBytes, copyLatin1 } from './bytes/copy.js'
export { allocateMessage, sharedMemory } from './bytes/memory.js'
export { fillRandom } from './bytes/randomness.js'
export { asBuffer, Reader } from './bytes/reader.js'
export { Writer } from './bytes/writer.js'
export { checkOptions } from './checkOptions.js'
export { DataKeyCache } from './dataKeyCache/dataKeyCache.js'
export type { DataKeyName } from './dataKeyCache/dataKeyName.js'
export { encryptDataKey } from './dataKeyCache/encryptDataKey.js'
export {
  type EncryptedDataKeyEntry,
  isKeyring,
  sourceAsKeyring,
  sourceOf,
} from './dataKeyCache/keyring.js'
export type { OpeningCall } from './dataKeyCache/openingCall.js'
export type { OpeningLease } from './dataKeyCache/openingLease.js'
export { invalidOption } from './errors.js'
export { publishNotOpened, publishNotSealed } from './events.js'
export { formatWith } from './fieldFormat.js'
export { formatPath } from './formatPath.js'
export { oneOfEachWrappingKey } from './materials/encryptedDataKeys.js'
export { Hmac } from './message/hmac.js'
export { fieldMessages, type Messages } from './message/messages.js'
export { withoutMessages } from './message/withoutMessages.js'
export { isPlainObject, kindOf } from './plainObject.js'
export { nextSlice, sliceIsOver } from './slices.js'
export { parseContent } from './value/parse.js'
export { writeValue } from './value/serialize.js'
export { TypeId } from './value/typeIds.js'
