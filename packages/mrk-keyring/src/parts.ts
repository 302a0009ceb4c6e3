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
  alone(region: string): Pick<KeyringNode, 'onEncrypt' | 'onDecrypt'>
}

/** How a keyring asks KMS. */
export interface KmsAccess {
  readonly ownRegion: string | undefined
  readonly attemptTimeout: number
  readonly grantTokens: readonly string[] | undefined
  client(region: string): KmsSender
  routes(): readonly Route[]
}

/**
 * Gives a keyring a member under a symbol, unless a subclass has one. Not as a member of its class: a bundler cannot leave out a
 * class whose names it would have to compute.
 */
export function tell(keyring: object, symbol: symbol, get: () => unknown): void {
  if (!(symbol in keyring)) Object.defineProperty(keyring, symbol, { get })
}
