import { type AttributePath, type Normalizer, TokenDefinition } from '@dynaseal/core'
import { sameAs } from '../paths/attributePattern.js'

/** A token attribute of one kind of items. */
export interface ItemToken {
  /** Where it is stored. */
  readonly path: AttributePath
  readonly definition: TokenDefinition
  readonly normalize: readonly (readonly Normalizer[])[]
  /** Where an item has its tenant, in clear; undefined where tokens are bound to none. */
  readonly tenant?: AttributePath | undefined
}

export interface ItemTokenOptions {
  /** By the names that are stored. */
  readonly of: readonly AttributePath[]
  /** For each of them, or the same for all. */
  readonly normalize?: readonly (readonly Normalizer[])[] | undefined
  /** A token for each member of the one attribute, a set or a list. Default false. */
  readonly members?: boolean | undefined
  /** Length of a token, in bits. Default: that of a `TokenDefinition`. */
  readonly bits?: number | undefined
  /** The attribute that has the tenant whose token it is. Default: all items share their tokens. */
  readonly tenant?: AttributePath | undefined
}

/** @throws {ConfigurationError} `invalid-option` */
export function itemToken(path: AttributePath, options: ItemTokenOptions): ItemToken {
  const { of, members, bits, tenant } = options
  const normalize = options.normalize ?? of.map(() => [])
  const definition = new TokenDefinition({
    of: of.map((each, index) => ({ path: each, normalize: normalize[index] ?? [] })),
    ...(members === undefined ? {} : { members }),
    ...(bits === undefined ? {} : { bits }),
  })
  return { path, definition, normalize, tenant }
}

/** Whether two make the same tokens of an item. */
export function makesSame(one: ItemToken, other: ItemToken): boolean {
  const [a, b] = [one.definition, other.definition]
  return (
    a.bits === b.bits &&
    a.members === b.members &&
    sameLists(a.paths, b.paths, sameAs) &&
    sameLists([one.tenant ?? []], [other.tenant ?? []], sameAs) &&
    sameLists(one.normalize, other.normalize, (x, y) => sameLists(x, y, Object.is))
  )
}

function sameLists<T>(one: readonly T[], other: readonly T[], isSame: (a: T, b: T) => boolean): boolean {
  return one.length === other.length && one.every((each, index) => isSame(each, other[index]!))
}

/** Whether a stored value has the form of tokens. */
export function isToken(value: unknown): boolean {
  const texts = value instanceof Set ? [...value] : [value]
  return texts.every(text => typeof text === 'string' && /^[1-9][0-9]{0,2}\.[\w-]{2,43}$/.test(text))
}
