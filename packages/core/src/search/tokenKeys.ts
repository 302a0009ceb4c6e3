import { createHmac } from 'node:crypto'
import { HmacSha256 } from '../hmacSha256.js'
import { canonicalScope, scopeName, type TokenScope } from './tokenScope.js'

/**
 * What goes into the KDF around the scope: counter 1 and label before it, the length of the key in bits after it
 * (NIST SP 800-108 Rev. 1, 4.1).
 */
const BEFORE_SCOPE = Buffer.concat([
  Buffer.of(0, 0, 0, 1),
  Buffer.from('dynaseal:search:v1:token', 'ascii'),
  Buffer.of(0),
])
const AFTER_SCOPE = Buffer.of(0, 0, 1, 0)

/** The keys that tokens are made with, one for each scope, derived when first asked for. */
export class TokenKeys {
  readonly #root: Buffer
  readonly #limit: number
  /** In order of use: the least recently used stands first. */
  readonly #keys = new Map<string, HmacSha256>()
  /** That which was used last: a page has many tokens of one scope. */
  #last: (TokenScope & { readonly key: HmacSha256 }) | undefined

  /**
   * @param root taken over: nobody else may hold it
   * @param limit most keys that are kept
   */
  constructor(root: Buffer, limit: number) {
    this.#root = root
    this.#limit = limit
  }

  /**
   * To be used before another is asked for, which may take its place.
   *
   * @throws {SearchError} `invalid-location`
   */
  of(scope: TokenScope): HmacSha256 {
    const { definition, table, tenant } = scope
    const last = this.#last
    if (last?.definition === definition && last.table === table && last.tenant === tenant) return last.key
    const id = scopeName(scope)
    const known = this.#keys.get(id)
    const key = known ?? this.#derive(scope)
    this.#keys.delete(id)
    this.#keys.set(id, key)
    if (this.#keys.size > this.#limit) this.#evict()
    this.#last = { definition, table, tenant, key }
    return key
  }

  /** Takes root and keys out of memory; nothing can be made after that. */
  zero(): void {
    this.#root.fill(0)
    for (const key of this.#keys.values()) key.zero()
    this.#keys.clear()
    this.#last = undefined
  }

  #derive(scope: TokenScope): HmacSha256 {
    const secret = createHmac('sha256', this.#root)
      .update(BEFORE_SCOPE)
      .update(canonicalScope(scope))
      .update(AFTER_SCOPE)
      .digest()
    const key = new HmacSha256(secret)
    secret.fill(0)
    return key
  }

  #evict(): void {
    const [[id, key]] = this.#keys as unknown as [[string, HmacSha256]]
    this.#keys.delete(id)
    key.zero()
  }
}
