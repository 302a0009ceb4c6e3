import type { AttributePath } from '@dynaseal/core'
import type { AttributePattern } from './attributePattern.js'

/** An attribute that is encrypted as a whole. */
export interface EncryptedAttributeName {
  readonly name: string
  /** Shared by all items, so nobody can change it. */
  readonly path: AttributePath
}

/** Where ciphertext belongs in the items of a kind, laid out once for all of them. */
export class EncryptedPlaces {
  /** Each once, where all are attributes as wholes, as most are: they are found by name, without a search. */
  readonly names: readonly EncryptedAttributeName[] | undefined
  /** The same, to ask for one. */
  readonly nameSet: ReadonlySet<string> | undefined

  constructor(readonly patterns: readonly AttributePattern[]) {
    const names = new Set<string>()
    for (const [name, ...rest] of patterns) if (typeof name === 'string' && rest.length === 0) names.add(name)
    const areAll = patterns.every(({ length, 0: name }) => length === 1 && typeof name === 'string')
    this.nameSet = areAll ? names : undefined
    this.names = areAll ? Array.from(names, name => ({ name, path: Object.freeze([name]) })) : undefined
  }
}
