import type { AttributePath } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'
import {
  type AttributePattern,
  formatPath,
  isContainer,
  isIndex,
  overlap,
  relate,
  sameAs,
} from '../paths/attributePattern.js'
import { namesInherited } from '../paths/inheritedNames.js'
import type { Item } from '../values/place.js'
import type { Dialect } from './dialect.js'
import type { ItemKind } from './itemKind.js'

/** What is known of one table: its key, and where the kinds of its items keep ciphertext. */
export class KnownTable {
  /** Several of one name (versions of one, say) hold together. */
  readonly #kinds = new Map<string, ItemKind[]>()
  /** By name of a known kind, and for all other names together: it is asked for every item of a page. */
  readonly #encrypted = new Map<unknown, readonly AttributePattern[]>()
  /** The encrypted ones whose names objects inherit. */
  readonly inherited: AttributePattern[] = []

  constructor(
    /** Logical name, part of what a ciphertext is bound to. */
    readonly name: string,
    readonly keyNames: readonly string[],
    /** The attribute that has the name of an item's kind. */
    readonly kindAttribute: string,
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
  add(kind: ItemKind): void {
    for (const [otherName, others] of this.#kinds) {
      // Versions of one kind hold together.
      if (otherName === kind.name) continue
      for (const other of others) {
        this.#refuseNameless(kind, other)
        this.#refuseNameless(other, kind)
      }
    }
    this.inherited.push(...kind.encrypted.filter(namesInherited))
    this.#kinds.set(kind.name, [...(this.#kinds.get(kind.name) ?? []), kind])
    this.#encrypted.clear()
  }

  get kinds(): readonly ItemKind[] {
    return this.#all()
  }

  /** The name of an item's kind, as the item has it: whoever writes the table wrote it. */
  kindOf(item: Item): unknown {
    return item[this.kindAttribute]
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
    const own = this.#named(kind)
    const name = own.length > 0 ? kind : undefined
    const known = this.#encrypted.get(name)
    if (known !== undefined) return known
    const declared = own.flatMap(({ encrypted, clear }) => [...encrypted, ...clear])
    const others = this.#all()
      .filter(each => !own.includes(each))
      .flatMap(({ encrypted }) => encrypted)
      .filter(pattern => !declared.some(other => overlap(other, pattern)))
    const patterns = [...own.flatMap(({ encrypted }) => encrypted), ...others]
    this.#encrypted.set(name, patterns)
    return patterns
  }

  /**
   * Whether a kind has something else at a path that others have to be looked through: a clear leaf, or a container of
   * the value's kind. It may have several alternatives.
   */
  mayStand(kind: unknown, path: AttributePath, value: unknown): boolean {
    if (value === null) return true
    const own = this.#named(kind)
    const candidates = own.length > 0 ? own : this.#all()
    const continues = (pattern: AttributePattern) =>
      relate(pattern, path) === 'above' && isIndex(pattern[path.length]) === Array.isArray(value)
    return candidates.some(
      ({ clear, encrypted }) =>
        clear.some(pattern => relate(pattern, path) === 'at') ||
        (isContainer(value) && [...clear, ...encrypted].some(continues)),
    )
  }

  /** Whether a kind has a clear leaf at a path. */
  isClear(path: AttributePath): boolean {
    return this.#all().some(({ clear }) => clear.some(each => relate(each, path) === 'at'))
  }

  /** Whether binary values have no place at a path: kinds declare it, and none of them a type that has some. */
  refusesBinary(kind: unknown, path: AttributePath): boolean {
    const own = this.#named(kind)
    const candidates = own.length > 0 ? own : this.#all()
    const at = (pattern: AttributePattern) => relate(pattern, path) === 'at'
    return candidates.some(({ clear }) => clear.some(at)) && !candidates.some(({ binary }) => binary.some(at))
  }

  /** Whether it takes the name of its kind to tell ciphertext from a clear attribute of another kind. */
  get isAmbiguous(): boolean {
    const all = this.#all()
    return all.some(({ encrypted }) =>
      encrypted.some(pattern =>
        all.some(({ clear }) => clear.some(open => overlap(open, pattern) && open.length >= pattern.length)),
      ),
    )
  }

  #named(kind: unknown): readonly ItemKind[] {
    return typeof kind === 'string' ? (this.#kinds.get(kind) ?? []) : []
  }

  #all(): readonly ItemKind[] {
    return [...this.#kinds.values()].flat()
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
        [...other.encrypted, ...other.clear].some(declared => overlap(declared, each)),
    )
    if (pattern === undefined) return
    const { dialect } = this
    throw new DocumentClientError(
      'invalid-schema',
      `'${formatPath(pattern)}' of table ${this.name} is encrypted in ${dialect.kind} ${kind.name} and something else in ${dialect.kind} ${other.name}, and items of ${kind.name} do not say which ${dialect.kind} they are of. ${dialect.giveName(kind.name)} Or store one of the two attributes under another name. ${dialect.rename}`,
    )
  }
}
