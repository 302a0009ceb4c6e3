import {
  GenerateDataKeyWithoutPlaintextCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  ReEncryptCommand,
} from '@aws-sdk/client-kms'
import { isReplicaOf, readable } from '@dynaseal/mrk-keyring/regional'
import { BranchKeyError } from '../errors.js'
import type { Row } from '../keyStore/row.js'
import { KEY_BYTES } from '../wrapping.js'
import type { Clients } from './clients.js'

type Context = Readonly<Record<string, string>>

// aws-encryption-sdk-specification, framework/branch-key-store.md: no plaintext of a branch key leaves KMS when it is made.

/** A new key under a context. */
export async function newKey(clients: Clients, context: Context): Promise<Uint8Array> {
  const answer = await readable(
    clients.kms(clients.home).send(
      new GenerateDataKeyWithoutPlaintextCommand({
        KeyId: clients.homeKey.arn,
        NumberOfBytes: KEY_BYTES,
        EncryptionContext: { ...context },
        ...grants(clients),
      }),
    ),
  )
  return ciphertextOf(answer, [answer.KeyId], clients)
}

/** The same key under another context. */
export async function reEncrypt(
  clients: Clients,
  encryptedKey: Uint8Array,
  from: Context,
  to: Context,
): Promise<Uint8Array> {
  const answer = await readable(
    clients.kms(clients.home).send(
      new ReEncryptCommand({
        CiphertextBlob: encryptedKey,
        SourceKeyId: clients.homeKey.arn,
        SourceEncryptionContext: { ...from },
        DestinationKeyId: clients.homeKey.arn,
        DestinationEncryptionContext: { ...to },
        ...grants(clients),
      }),
    ),
  )
  return ciphertextOf(answer, [answer.SourceKeyId, answer.KeyId], clients)
}

/**
 * Has KMS confirm all that a row says.
 *
 * @throws {BranchKeyError} `BRANCH_KEY_REFUSED`
 */
export async function authenticate(clients: Clients, row: Row): Promise<void> {
  const { branchKeyId, kmsArn, encryptedKey, encryptionContext } = row
  const refused = (why: string, cause?: unknown) =>
    new BranchKeyError(
      'BRANCH_KEY_REFUSED',
      `The row ${JSON.stringify(row.type)} of branch key ${JSON.stringify(branchKeyId)} is refused: ${why}.`,
      { cause },
    )
  if (!isReplicaOf(clients.homeKey, kmsArn))
    throw refused(`it is encrypted under ${JSON.stringify(kmsArn)}, another key than ${clients.homeKey.arn}`)
  try {
    await reEncrypt(clients, encryptedKey, encryptionContext, encryptionContext)
  } catch (error) {
    if (error instanceof InvalidCiphertextException || error instanceof IncorrectKeyException)
      throw refused('KMS does not open it: it was changed, or is of another key store', error)
    throw error
  }
}

function grants({ grantTokens }: Clients) {
  return grantTokens === undefined ? {} : { GrantTokens: grantTokens }
}

/** What KMS made, if it made it with the key that was asked for (branch-key-store.md). */
function ciphertextOf(
  { CiphertextBlob: blob }: { readonly CiphertextBlob?: Uint8Array | undefined },
  keys: readonly (string | undefined)[],
  { homeKey }: Clients,
): Uint8Array {
  const other = keys.findIndex(key => key !== homeKey.arn)
  if (other !== -1)
    throw new Error(`KMS answered for ${keys[other] ?? 'no key'} where ${homeKey.arn} was asked.`)
  if (!(blob instanceof Uint8Array) || blob.byteLength === 0)
    throw new Error('KMS answered without a ciphertext.')
  return blob
}
