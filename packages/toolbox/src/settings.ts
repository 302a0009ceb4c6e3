import type { marshallOptions, unmarshallOptions } from '@aws-sdk/util-dynamodb'

/** How one sealed client behaves. */
export interface ClientSettings {
  readonly plaintext: 'refuse' | 'allow'
  readonly role: 'seal' | 'open' | 'both'
  readonly marshallOptions?: marshallOptions | undefined
  readonly unmarshallOptions?: unmarshallOptions | undefined
}
