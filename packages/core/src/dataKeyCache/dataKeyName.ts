import type { DataKeyContext, EncryptionContext } from '../materials/context.js'

/** What a stored message says of its data key. */
export interface DataKeyName {
  /** Context and encrypted data keys. Both say how long they are, so that no two of them share one. */
  readonly id: string
  readonly context: DataKeyContext
  /** In memory that nobody changes: the keyring is given views of it. */
  readonly encryptedDataKeys: Buffer
}

export function dataKeyName(context: EncryptionContext, encryptedDataKeys: Buffer): DataKeyName {
  return { id: context.id + encryptedDataKeys.toString('latin1'), context, encryptedDataKeys }
}
