import type { marshallOptions, unmarshallOptions } from '@aws-sdk/util-dynamodb'
import type { Format } from '@dynaseal/core'

/** How one sealed client behaves. */
export interface ClientSettings {
  readonly format: Format
  readonly plaintext: 'refuse' | 'allow'
  readonly role: 'seal' | 'open' | 'both'
  readonly marshallOptions?: marshallOptions | undefined
  readonly unmarshallOptions?: unmarshallOptions | undefined
}
