import type { AttributeValue } from '../attributeValue.js'
import type { AttributePath, CallOptions } from '../format.js'
import type { TokenDefinition } from './tokenDefinition.js'

/** What a token is to be made of. */
export interface TokenSubject {
  readonly definition: TokenDefinition
  /** Logical table name: the same in every region, whatever the table is called there. */
  readonly table: string
  /** Whose item it is, where an application keeps tenants apart: equal values of two have different tokens. */
  readonly tenant?: string | undefined
  /**
   * In clear: one for each attribute of the definition, in its order. Without one of them there is nothing to make a token
   * of, and no token is to be stored.
   */
  readonly values: readonly AttributeValue[]
  /** Names of the item's key attributes, for errors. */
  readonly keyNames?: readonly string[] | undefined
  /** Where the tokens are stored. For a maker that tells tokens apart by that. */
  readonly attribute?: AttributePath | undefined
  /** Of an item that is written: its primary key. For a maker whose tokens depend on the item. */
  readonly key?: Readonly<Record<string, AttributeValue>> | undefined
}

/** A subject as it was opened, and the tokens that were read beside it, whatever stands there. */
export interface TokenClaim extends TokenSubject {
  readonly stored: readonly unknown[]
}

export interface VersionedToken {
  readonly token: string
  /** Of the search key, or whatever else tells the tokens of one value apart. */
  readonly version: number
}

/** A token attribute of a table, before there are tokens of it. */
export interface TokenUse {
  /** Logical table name. */
  readonly table: string
  readonly attribute: AttributePath
  readonly definition: TokenDefinition
  /** Where items have their tenant, if tokens are bound to it. */
  readonly tenant?: AttributePath | undefined
  /** Whether all that it is of is encrypted: for each path of the definition. */
  readonly encrypted: readonly boolean[]
}

/**
 * Whether stored tokens are those of a value.
 *
 * - `malformed`: what stands there is no token of the definition, or of another number of bits
 * - `unknown-version`: a token of a search key that is not held
 * - `other-value`: a token of something else: put there by somebody, or of a value, a normalization or a tenant that has
 *   changed since
 */
export type TokenFit =
  | {
      readonly fits: true
      /** Those of the search keys, ascending; several only for the members of a set. */
      readonly versions: readonly number[]
      /** Whether all are of the version that is written with. */
      readonly current: boolean
    }
  | { readonly fits: false; readonly reason: 'malformed' | 'unknown-version' | 'other-value' }

/**
 * Makes tokens, and compares them. Results stand in the order of what is given; give as many at once as you have.
 *
 * Whoever calls it stores tokens and looks for them; it need not know what they are made of.
 */
export interface TokenMaker {
  /**
   * Why there cannot be tokens of a definition there, as the end of a sentence. Asked when a table is made known. Default:
   * there always can.
   *
   * @param others the other token attributes of the table, as far as they are known
   */
  faultOf?(use: TokenUse, others: readonly TokenUse[]): string | undefined
  /**
   * The tokens to store: one; for members, one for each that is different, sorted, or none where there is no member.
   *
   * @throws {SearchError} and nothing is returned, when any one has none
   */
  write(subjects: readonly TokenSubject[], options?: CallOptions): Promise<(readonly string[])[]>
  /**
   * Refuses an item that is to be written without a token, since one of the values is absent: for a maker whose standard has an
   * error there. Default: nothing is.
   *
   * @param subject with the values that stand before the first one that is absent, at least one
   * @throws {SearchError}
   */
  checkIncomplete?(subject: TokenSubject): void
  /**
   * The tokens to look for: one for each version, that which is written with first. Of a definition of members, `values` is
   * the one that is to be among them.
   *
   * @throws {SearchError} and nothing is returned, when any one has none
   */
  find(subjects: readonly TokenSubject[], options?: CallOptions): Promise<(readonly VersionedToken[])[]>
  /**
   * As {@link find}, where nobody has to be asked or waited for: without a promise, which takes as long as a token. Default: it
   * never does.
   *
   * @returns nothing where one has to
   * @throws {SearchError} and nothing is returned, when any one has none
   */
  findNow?(subjects: readonly TokenSubject[]): (readonly VersionedToken[])[] | undefined
  /**
   * Whether stored tokens are those of the values beside them.
   *
   * @throws {SearchError} `key-unavailable`; for values, not for what is stored, also the others
   */
  check(claims: readonly TokenClaim[], options?: CallOptions): Promise<TokenFit[]>
}
