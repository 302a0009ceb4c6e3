import type { Format } from '@dynaseal/core'
import type { Values } from '../values/values.js'

/** How one sealed client behaves. */
export interface ClientSettings {
  readonly format: Format
  readonly plaintext: 'refuse' | 'allow'
  readonly role: 'seal' | 'open' | 'both'
  readonly values: Values
}
