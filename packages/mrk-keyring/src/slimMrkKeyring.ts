import type { NodeDecryptionMaterial, NodeEncryptionMaterial } from '@aws-crypto/material-management'
import type { Operation } from './attempt.js'
import { MrkKeyringConfigError } from './configError.js'
import { type DataKeySource, dataKeySource } from './dataKeySource.js'
import { DataKeys } from './dataKeys.js'
import { KeyInRegions, type MrkKeyringOptions } from './keyInRegions.js'
import { PARTS, type ReplicatedKey, tell } from './parts.js'
import type { Route } from './router.js'

/**
 * Encrypts and decrypts data keys with a KMS multi-Region key, in the nearest region that answers, for Dynaseal alone: it speaks
 * no materials of the AWS Encryption SDK, and looks for no replicas. The one of the main entry does both, and each opens what the other
 * sealed.
 *
 * ```ts
 * const keyring = new MrkKeyring({
 *   keyArns: ['arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'],
 *   regions: ['us-east-1', 'us-west-2'],
 * })
 * const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), { keyring })
 * ```
 *
 * Calls reject with {@link MrkKeyringError}.
 */
export class MrkKeyring {
  readonly #key: KeyInRegions
  /** For tools: see `@dynaseal/core/parts`. */
  declare readonly [PARTS]: { kind: 'mrk' } & ReplicatedKey
  /** How `@dynaseal/core` asks; not there where a subclass asks otherwise. */
  declare readonly [dataKeySource]: DataKeySource | undefined

  /**
   * @throws MrkKeyringConfigError when the ARNs are not the replicas of one multi-Region key, or an option is not what
   *   it must be
   */
  constructor(options: MrkKeyringOptions) {
    this.#key = new KeyInRegions(options)
    const dataKeys = new DataKeys(this.#key.kms, this.#key.grantTokens)
    tell(this, PARTS, () => this.#key.parts(alone => new MrkKeyring(alone)))
    tell(this, dataKeySource, () => {
      const { onEncrypt, onDecrypt } = MrkKeyring.prototype
      const isOverridden = this.onEncrypt !== onEncrypt || this.onDecrypt !== onDecrypt
      return isOverridden ? undefined : dataKeys.source()
    })
  }

  /** The order in which the next `Decrypt` would ask the regions, and why; other operations with `operation`. */
  routes(operation: Operation = 'Decrypt'): Route[] {
    return this.#key.routes(operation)
  }

  /** @throws MrkKeyringConfigError `MATERIALS_NOT_LOADED` */
  async onEncrypt(_: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    throw noMaterials()
  }

  /** @throws MrkKeyringConfigError `MATERIALS_NOT_LOADED` */
  async onDecrypt(_: NodeDecryptionMaterial): Promise<NodeDecryptionMaterial> {
    throw noMaterials()
  }
}

function noMaterials(): MrkKeyringConfigError {
  return new MrkKeyringConfigError(
    'MATERIALS_NOT_LOADED',
    "A keyring of @dynaseal/mrk-keyring/slim was called with materials of the AWS Encryption SDK. Take the one of the main entry: import { MrkKeyring } from '@dynaseal/mrk-keyring'.",
  )
}
