import type { Format, TokenMaker } from '@dynaseal/core'
import type { Commands } from '../commands/operations.js'
import type { Values } from '../values/values.js'
import type { ClientFeatures } from './features.js'

/** How one sealed client behaves. */
export interface ClientSettings {
  readonly format: Format
  readonly plaintext: 'refuse' | 'allow'
  readonly role: 'seal' | 'open' | 'both'
  /** What becomes of the update of a part of an item that is sealed as a whole. */
  readonly updates: 'refuse' | 'read-change-write'
  /** Ends the call. */
  readonly signal?: AbortSignal | undefined
  /** Those of what is planned with, between which and its own the client's commands translate. */
  readonly values: Values
  readonly commands: Commands
  readonly search?: TokenMaker | undefined
  readonly features: ClientFeatures
}
