import type { AttributePath } from '@dynaseal/core'
import type { AttributePattern } from './attributePattern.js'

/** An attribute that is encrypted as a whole. */
export interface EncryptedAttributeName {
  readonly name: string
  /** Its place among all of them. */
  readonly index: number
  /** Shared by all items, so nobody can change it. */
  readonly path: AttributePath
}

/** Encrypted as a whole, or written by the format. */
export type AttributeRole = EncryptedAttributeName | 'of the format'

/** Where ciphertext belongs in the items of a kind, laid out once for all of them. */
export class EncryptedPlaces {
  /** Each once, where all are attributes as wholes, as most are: they are found by name, without a search. */
  readonly names: readonly EncryptedAttributeName[] | undefined
  /** What is special of attributes that have one of these names, and of the format's own. */
  readonly roles: ReadonlyMap<string, AttributeRole>

  constructor(
    readonly patterns: readonly AttributePattern[],
    formatAttributes: readonly string[],
  ) {
    const names = new Set<string>()
    for (const [name, ...rest] of patterns) if (typeof name === 'string' && rest.length === 0) names.add(name)
    const areAll = patterns.every(({ length, 0: name }) => length === 1 && typeof name === 'string')
    this.names = areAll
      ? Array.from(names, (name, index) => ({ name, index, path: Object.freeze([name]) }))
      : undefined
    const roles = new Map<string, AttributeRole>()
    for (const each of this.names ?? []) roles.set(each.name, each)
    for (const name of formatAttributes) roles.set(name, 'of the format')
    this.roles = roles
  }
}
