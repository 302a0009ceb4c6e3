import { hash, hkdfSync } from 'node:crypto'
import { asBuffer, Reader } from '../bytes/reader.js'
import { type DataKeyName, dataKeyName } from '../dataKeyCache/dataKeyName.js'
import { SearchError } from '../errors.js'
import { MAX_MESSAGE_BYTES } from '../limits.js'
import type { EncryptionContext } from '../materials/context.js'
import { skipEncryptedDataKeys } from '../materials/encryptedDataKeys.js'

/** How a search key begins: as what format 2 stores, with a third byte of its own. None stands in a table. */
const MARKER = Buffer.of(0xda, 0x5e, 0x30)
const CONTEXT_TAG_BYTES = 4
const COMMITMENT_BYTES = 32
const ROOT_BYTES = 32
const HASH = 'sha256'

const COMMIT_LABEL = Buffer.from('dynaseal:search:v1:commit', 'ascii')
const ROOT_LABEL = Buffer.from('dynaseal:search:v1:root', 'ascii')

/** `marker(3) version(1) context tag(4) encrypted data keys commitment(32)`, taken apart. Nothing is authenticated yet. */
export interface SearchKey {
  /** 1 to 255. */
  readonly version: number
  readonly context: EncryptionContext
  /** Of its data key: the context, and the encrypted data keys with their count. */
  readonly name: DataKeyName
  readonly commitment: Buffer
  /** All of it. */
  readonly bytes: Buffer
}

export function isVersion(version: unknown): version is number {
  return Number.isInteger(version) && (version as number) >= 1 && (version as number) <= 255
}

export function writeSearchKey(
  version: number,
  context: EncryptionContext,
  secret: Uint8Array,
  encryptedDataKeys: Buffer,
): Uint8Array {
  const commitment = commitmentOf(secret, version, context, encryptedDataKeys)
  return Uint8Array.from(
    Buffer.concat([MARKER, Buffer.of(version), context.tag, encryptedDataKeys, commitment]),
  )
}

/**
 * A copy, taken apart.
 *
 * @param context the expected one
 * @throws {SearchError} `malformed-search-key` or `wrong-context`
 */
export function parseSearchKey(given: Uint8Array, context: EncryptionContext): SearchKey {
  if (!(given instanceof Uint8Array))
    throw malformed(
      "it is no Uint8Array (await createSearchKey(), and make bytes of text in base64: Buffer.from(text, 'base64'))",
    )
  if (given.length > MAX_MESSAGE_BYTES) throw malformed(`it has more than ${MAX_MESSAGE_BYTES} bytes`)
  const bytes = Buffer.from(asBuffer(given))
  const reader = new Reader(bytes, () => malformed('it ends too early'))
  if (!reader.view(MARKER.length).equals(MARKER)) throw malformed('it does not begin with da5e30')
  const version = reader.u8()
  if (!isVersion(version)) throw malformed('it has no version')
  const contextTag = reader.view(CONTEXT_TAG_BYTES)
  const start = reader.position
  skipEncryptedDataKeys(reader, malformed)
  const encryptedDataKeys = bytes.subarray(start, reader.position)
  const commitment = reader.view(COMMITMENT_BYTES)
  if (reader.remaining > 0) throw malformed('bytes follow its end')
  if (!contextTag.equals(context.tag)) {
    throw new SearchError(
      'wrong-context',
      'the search key was made with another encryption context. Give the encryptionContext that createSearchKey was given.',
    )
  }
  return { version, context, name: dataKeyName(context, encryptedDataKeys), commitment, bytes }
}

/** What commits to the data key, and to the search key that it was wrapped in. */
export function commitmentOf(
  secret: Uint8Array,
  version: number,
  context: EncryptionContext,
  encryptedDataKeys: Uint8Array,
): Buffer {
  const binding = Buffer.from(hash(HASH, Buffer.concat([context.bytes, encryptedDataKeys])), 'hex')
  const info = Buffer.concat([COMMIT_LABEL, Buffer.of(version), binding])
  return Buffer.from(hkdfSync(HASH, secret, '', info, COMMITMENT_BYTES))
}

/** What the keys of tokens come from. It does not depend on how the data key is wrapped. The caller zeroes it. */
export function rootOf(secret: Uint8Array, version: number): Buffer {
  const info = Buffer.concat([ROOT_LABEL, Buffer.of(version)])
  return Buffer.from(hkdfSync(HASH, secret, '', info, ROOT_BYTES))
}

function malformed(what: string): SearchError {
  return new SearchError(
    'malformed-search-key',
    `the bytes are no search key: ${what}. Give what createSearchKey returned, to its last byte.`,
  )
}
