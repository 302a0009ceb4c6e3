import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import {
  type AttributePattern,
  isContainer,
  isIndex,
  overlap,
  relate,
  sameAs,
} from '../paths/attributePattern.js'
import { EncryptedPlaces } from '../paths/encryptedPlaces.js'
import { namesInherited } from '../paths/inheritedNames.js'
import { type ItemToken, makesSame } from '../search/itemToken.js'
import type { Item } from '../values/place.js'
import { type Dialect, titleOf } from './dialect.js'
import type { ItemKind, TableDescription } from './itemKind.js'

const NONE: readonly ItemKind[] = []

/** What is known of one table: its key, and where the kinds of its items keep ciphertext. */
export class KnownTable {
  /** Several of one name (versions of one, say) hold together. */
  readonly #kinds = new Map<string | undefined, ItemKind[]>()
  /** By name of a known kind, and for all other names together: it is asked for every item of a page. */
  readonly #encrypted = new Map<unknown, EncryptedPlaces>()
  /** The last of these that was asked for: items of a page are mostly of one kind, and it is asked for several times for each. */
  #last: { readonly kind: unknown; readonly places: EncryptedPlaces } | undefined
  readonly #clear = new Map<ItemKind, readonly AttributePattern[]>()
  readonly #tokens = new Map<unknown, readonly ItemToken[]>()
  /** Those that are keys of the table itself, by name: the same for all kinds of items. */
  readonly keyTokens = new Map<string, ItemToken>()
  #all: readonly ItemKind[] | undefined
  readonly #byName = new Map<unknown, readonly ItemKind[]>()
  #kindAttribute: string | undefined
  #hasTokens = false
  /** The keys of its indexes, as far as they were told. */
  readonly indexKeyNames = new Set<string>()
  readonly #indexes = new Map<string, readonly string[]>()
  /** The encrypted ones whose names objects inherit. */
  readonly inherited: AttributePattern[] = []

  constructor(
    /** Logical name, part of what a ciphertext is bound to. */
    readonly name: string,
    readonly keyNames: readonly string[],
    /** Whether what commands carry in clear at encrypted paths is sealed. */
    readonly takesPlaintext: boolean,
    /** The attributes that the format may add to items. */
    readonly formatAttributes: readonly string[],
    /** Whether the format seals items as wholes. */
    readonly wholeItems: boolean,
    /** Whether its indexes may lack the format's attributes. */
    readonly standsAlone: boolean,
    /** In which errors about it are. */
    readonly dialect: Dialect,
  ) {}

  /** @throws {DocumentClientError} `invalid-schema` */
  add(kind: ItemKind, { kindAttribute, indexKeyNames, indexes = {} }: TableDescription): void {
    for (const [otherName, others] of this.#kinds) {
      // Versions of one kind hold together.
      if (otherName === kind.name) continue
      for (const other of others) {
        this.#refuseNameless(kind, other)
        this.#refuseNameless(other, kind)
      }
    }
    this.#kindAttribute ??= kindAttribute
    for (const name of indexKeyNames) this.indexKeyNames.add(name)
    for (const [name, key] of Object.entries(indexes)) this.#indexes.set(name, key)
    this.#tokens.clear()
    if ((kind.tokens ?? []).length > 0) this.#hasTokens = true
    for (const token of kind.tokens ?? [])
      if (this.keyNames.includes(token.path[0] as string)) this.keyTokens.set(String(token.path[0]), token)
    this.inherited.push(...kind.encrypted.filter(namesInherited))
    this.#kinds.set(kind.name, [...(this.#kinds.get(kind.name) ?? []), kind])
    this.#encrypted.clear()
    this.#last = undefined
    this.#clear.clear()
    this.#all = undefined
    this.#byName.clear()
  }

  /** The attribute that has the name of an item's kind. */
  get kindAttribute(): string | undefined {
    return this.#kindAttribute
  }

  /** What an item of a kind holds encrypted, as all that was added of that name say; of items of all kinds without a name. */
  declared(kind: string | undefined): readonly AttributePattern[] {
    return (this.#kinds.get(kind) ?? []).flatMap(({ encrypted }) => encrypted)
  }

  /** The key of the table itself, or of one of its indexes, where that was told. */
  keyOf(indexName: unknown): readonly string[] | undefined {
    return indexName === undefined ? this.keyNames : this.#indexes.get(String(indexName))
  }

  isKeyToken({ path }: ItemToken): boolean {
    return path.length === 1 && this.keyTokens.has(String(path[0]))
  }

  get hasTokens(): boolean {
    return this.#hasTokens
  }

  /**
   * The token attributes of an item: those of its kind; of all kinds, each once, where it is not known.
   *
   * @param kind the name of the item's kind, as far as it is known
   */
  tokens(kind: unknown): readonly ItemToken[] {
    const own = this.#named(kind)
    const name = own.length > 0 ? kind : undefined
    let tokens = this.#tokens.get(name)
    if (tokens === undefined) {
      const all = (own.length > 0 ? own : this.kinds).flatMap(each => each.tokens ?? [])
      tokens = all.filter(
        (token, i) =>
          !all.slice(0, i).some(other => sameAs(other.path, token.path) && makesSame(other, token)),
      )
      this.#tokens.set(name, tokens)
    }
    return tokens
  }

  /** Whether no kind that an item may be of has something else at the path of a token. */
  surelyHasToken(kind: unknown, path: AttributePath): boolean {
    const own = this.#named(kind)
    const has = ({ tokens = [] }: ItemKind) => tokens.some(token => sameAs(token.path, path))
    return own.length > 0 ? own.some(has) : this.kinds.every(has)
  }

  /** The name of an item's kind, as the item has it: whoever writes the table wrote it. */
  kindOf(item: Item): unknown {
    return this.kindAttribute === undefined ? undefined : item[this.kindAttribute]
  }

  /** Whether a path is that of the attribute that tells kinds apart. */
  tellsKind(path: AttributePath): boolean {
    return path.length === 1 && path[0] === this.kindAttribute
  }

  /**
   * Where ciphertext belongs in an item. A pattern of one kind holds for items of another one too, unless that other
   * kind is known and declares what stands there: a name that nobody knows switches no check off.
   *
   * @param kind the name of the item's kind, as far as it is known
   */
  encrypted(kind: unknown): readonly AttributePattern[] {
    return this.places(kind).patterns
  }

  /** The same, laid out for all items of the kind. */
  places(kind: unknown): EncryptedPlaces {
    if (this.#last !== undefined && this.#last.kind === kind) return this.#last.places
    const own = this.#named(kind)
    const name = own.length > 0 ? kind : undefined
    const places = this.#encrypted.get(name) ?? this.#placesOf(name, own)
    // What an item says that nobody knows is not kept.
    if (name === kind) this.#last = { kind, places }
    return places
  }

  #placesOf(name: unknown, own: readonly ItemKind[]): EncryptedPlaces {
    const declared = own.flatMap(each => [...each.encrypted, ...this.#clearOf(each)])
    const others = this.kinds
      .filter(each => !own.includes(each))
      .flatMap(({ encrypted }) => encrypted)
      .filter(pattern => !declared.some(other => overlap(other, pattern)))
    const places = new EncryptedPlaces(
      [...own.flatMap(({ encrypted }) => encrypted), ...others],
      this.formatAttributes,
    )
    this.#encrypted.set(name, places)
    return places
  }

  /**
   * Whether a kind has something else at a path that others have to be looked through: a clear leaf, or a container of
   * the value's kind. It may have several alternatives.
   */
  mayStand(kind: unknown, path: AttributePath, value: unknown): boolean {
    if (value === null) return true
    const own = this.#named(kind)
    const candidates = own.length > 0 ? own : this.kinds
    const continues = (pattern: AttributePattern) =>
      relate(pattern, path) === 'above' && isIndex(pattern[path.length]) === Array.isArray(value)
    return candidates.some(
      each =>
        this.#clearOf(each).some(pattern => relate(pattern, path) === 'at') ||
        (isContainer(value) && [...this.#clearOf(each), ...each.encrypted].some(continues)),
    )
  }

  /**
   * Whether ciphertext has no place at a path where no kind has some: nobody but who reads it would know that it is not
   * data. Who has schemas reads what they say; of it, that is what is of no binary type.
   */
  refusesCiphertext(kind: unknown, path: AttributePath): boolean {
    if (this.takesPlaintext) return true
    const own = this.#named(kind)
    const candidates = own.length > 0 ? own : this.kinds
    const at = (pattern: AttributePattern) => relate(pattern, path) === 'at'
    return (
      candidates.some(each => this.#clearOf(each).some(at)) &&
      !candidates.some(({ binary }) => binary.some(at))
    )
  }

  /** Whether it takes the name of its kind to tell ciphertext from a clear attribute of another kind. */
  get isAmbiguous(): boolean {
    if (this.takesPlaintext) return this.#kindsDiffer(() => true)
    const all = this.kinds
    return all.some(({ encrypted }) =>
      encrypted.some(pattern =>
        all.some(other =>
          this.#clearOf(other).some(open => overlap(open, pattern) && open.length >= pattern.length),
        ),
      ),
    )
  }

  /** Whether it takes the name of its kind to tell what is encrypted at a path, above it or inside. */
  isAmbiguousAt(path: AttributePath): boolean {
    return this.#kindsDiffer(pattern => relate(pattern, path) !== 'beside')
  }

  /** Whether one of the kinds lacks some of the patterns that hold for an item of no known kind. */
  #kindsDiffer(isMeant: (pattern: AttributePattern) => boolean): boolean {
    const all = this.encrypted(undefined).filter(isMeant)
    return [...this.#kinds.keys()]
      .filter(name => name !== undefined)
      .some(name => all.some(pattern => !this.encrypted(name).some(own => sameAs(own, pattern))))
  }

  isKnown(kind: unknown): boolean {
    return this.#named(kind).length > 0
  }

  /** Those of a name, and those that hold for all; none of a name that is not known. */
  #named(kind: unknown): readonly ItemKind[] {
    const known = this.#byName.get(kind)
    if (known !== undefined) return known
    const named = typeof kind === 'string' ? this.#kinds.get(kind) : undefined
    // What an item says that nobody knows is not kept.
    if (named === undefined) return NONE
    const all = [...named, ...(this.#kinds.get(undefined) ?? [])]
    this.#byName.set(kind, all)
    return all
  }

  #clearOf(kind: ItemKind): readonly AttributePattern[] {
    if (kind.clear !== 'the rest') return kind.clear
    const known = this.#clear.get(kind)
    if (known !== undefined) return known
    const own = [...this.declared(kind.name), ...this.declared(undefined)]
    // What has no name holds for all others, too.
    const others = kind.name === undefined ? [] : this.kinds.flatMap(({ encrypted }) => encrypted)
    const clear = others.filter(pattern => !own.some(each => overlap(each, pattern)))
    this.#clear.set(kind, clear)
    return clear
  }

  get kinds(): readonly ItemKind[] {
    this.#all ??= [...this.#kinds.values()].flat()
    return this.#all
  }

  /**
   * The name that tells two kinds apart stands in the item, and whoever writes the table writes it. It may decide only
   * if whoever gets what was encrypted checks it.
   */
  #refuseNameless(kind: ItemKind, other: ItemKind): void {
    if (kind.isNamed) return
    const pattern = kind.encrypted.find(
      each =>
        !other.encrypted.some(same => sameAs(same, each)) &&
        [...other.encrypted, ...this.#clearOf(other)].some(declared => overlap(declared, each)),
    )
    if (pattern === undefined) return
    const { dialect } = this
    throw new DocumentClientError(
      'invalid-schema',
      `'${formatPath(pattern)}' of table ${this.name} is encrypted in ${titleOf(dialect, kind)} and something else in ${titleOf(dialect, other)}, and items of ${kind.name} do not say which ${dialect.kind} they are of. ${dialect.giveName(String(kind.name))} Or store one of the two attributes under another name. ${dialect.rename}`,
    )
  }
}
