import type { DataKeyRequest } from './dataKeySource.js'
import { DataKeys, entryOf, KMS_PROVIDER_ID } from './dataKeys.js'
import type { WrappingKeys } from './fillMaterials.js'
import { encryptDataKey } from './kmsCalls.js'

/** What materials of the AWS Encryption SDK are filled with. */
export class WrappingDataKeys extends DataKeys implements WrappingKeys {
  readonly providerId = KMS_PROVIDER_ID

  /** Encrypts a data key that there is already. */
  async wrap(request: Omit<DataKeyRequest, 'length'>, dataKey: Uint8Array) {
    const { encryptionContext } = request
    const { grantTokens } = this
    const { answer, arn } = await this.ask(
      {
        operation: 'Encrypt',
        send: (client, arn, signal) =>
          encryptDataKey({ client, arn, encryptionContext, grantTokens, signal, dataKey }),
        discard: () => {},
      },
      request,
    )
    return entryOf(arn, answer)
  }
}
