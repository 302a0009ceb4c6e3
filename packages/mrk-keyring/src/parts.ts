import type { KeyringNode } from '@aws-crypto/material-management'
import type { KmsSender } from './kmsCalls.js'
import type { Replica } from './replicas.js'
import type { Route } from './router.js'

/**
 * Where a keyring shows a tool what it is made of, as the operator's command wants to know: registered, so that no package
 * needs to import another for it. Its shape is that of `KeyringParts` in `@dynaseal/core/parts`.
 */
export const PARTS: unique symbol = Symbol.for('dynaseal:parts')

/** A multi-Region key, and the keyring over one of its replicas, with nothing learned yet. */
export interface ReplicatedKey extends KmsAccess {
  readonly replicas: readonly Replica[]
  alone(region: string): KeyringNode
}

/** How a keyring asks KMS. */
export interface KmsAccess {
  readonly ownRegion: string | undefined
  readonly attemptTimeout: number
  readonly grantTokens: readonly string[] | undefined
  client(region: string): KmsSender
  routes(): readonly Route[]
}
