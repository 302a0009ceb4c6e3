import type { AttributeValue } from '../attributeValue.js'
import { Writer } from '../bytes/writer.js'
import { checkOptions } from '../checkOptions.js'
import { type ConfigurationError, invalidOption, SealError, SearchError } from '../errors.js'
import type { AttributePath } from '../format.js'
import { writePath } from '../location.js'
import { NORMALIZER_NAMES, type Normalizer, normalizerOf } from './normalize.js'
import { messageOf, refused, refusedAt } from './tokenMessage.js'

/** An attribute that tokens are made of. */
export interface TokenPart {
  /** Where it stands in the item, by the names that are stored; what its tokens are bound to. */
  readonly path: AttributePath
  /** What is made of texts first, in this order. Default: nothing. Other values than texts are then refused. */
  readonly normalize?: Normalizer | readonly Normalizer[]
}

export interface TokenOptions {
  /** What is searched for by one token: one attribute; or several together, in this order, all of which one has to know. */
  readonly of: readonly TokenPart[]
  /** Whether the attribute is a set or a list, each member of which is searched for by itself. Default: no. */
  readonly members?: boolean
  /**
   * Length of a token, 8 to 256 bits; of a maker with other tokens, what that says. Default 128: equal tokens are equal values. Fewer: several values share a token, which
   * hides them among each other, and searches find what has to be dropped again.
   */
  readonly bits?: number
}

const DEFAULT_BITS = 128
const SCALARS = ['S', 'N', 'B', 'BOOL', 'NULL']

/**
 * What tokens are made of, how values are normalized, and how long tokens are. Make it once and use it for every table
 * that it fits.
 */
export class TokenDefinition {
  readonly paths: readonly AttributePath[]
  readonly members: boolean
  readonly bits: number
  readonly #normalizers: readonly (readonly ((text: string) => string)[])[]

  /** @throws {ConfigurationError} `invalid-option` */
  constructor(options: TokenOptions) {
    checkOptions(undefined, options, ['of', 'members', 'bits'])
    const { of: parts, members = false, bits = DEFAULT_BITS } = options
    if (!Array.isArray(parts) || parts.length === 0)
      throw invalid('of must be a list of at least one attribute')
    for (const part of parts) checkOptions('of', part, ['path', 'normalize'])
    if (typeof members !== 'boolean') throw invalid('members must be true or false')
    if (members && parts.length > 1)
      throw invalid('members can be searched for in one attribute, and of names several')
    if (!Number.isInteger(bits) || bits < 1 || bits > 256)
      throw invalid('bits must be an integer from 1 to 256')
    for (const { path } of parts) checkPath(path)
    this.paths = parts.map(({ path }: TokenPart) => [...path])
    this.members = members
    this.bits = bits
    this.#normalizers = parts.map(({ normalize = [] }: TokenPart) =>
      [normalize].flat().map(checkedNormalizer),
    )
  }

  /**
   * Normalized: for each token the values that it is made of; of a set or a list, one for each member.
   *
   * @param values one for each attribute
   * @throws {SearchError} `invalid-value`
   */
  normalize(values: readonly AttributeValue[]): AttributeValue[][] {
    this.#checkCount(values)
    return this.members
      ? membersOf(values[0]).map(member => this.normalizeOne([member]))
      : [this.normalizeOne(values)]
  }

  /** As {@link normalize}, of what one token is made of: of members, one of them. */
  normalizeOne(values: readonly AttributeValue[]): AttributeValue[] {
    this.#checkCount(values)
    let isTelling = false
    const normalized: AttributeValue[] = []
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!
      const type = scalarType(value)
      if (type === undefined) throw refusedAt(this.paths, index, noScalar(value))
      isTelling ||= type !== 'BOOL' && type !== 'NULL'
      const normalizers = this.#normalizers[index]!
      normalized.push(normalizers.length === 0 ? value : { S: this.#text(value, normalizers, index) })
    }
    if (isTelling) return normalized
    throw refused(
      'a boolean or null has so few values that its token shows which it is. Search for it together with an attribute that has many values, or filter what was opened',
    )
  }

  /**
   * Whether opened values are what was searched for: equal once they are normalized. For members: whether it is among them.
   * Values that no token can be made of are not.
   *
   * @param searched as {@link TokenMaker.find} takes them
   * @throws {SearchError} `invalid-value` for what was searched for
   */
  matches(values: readonly AttributeValue[], searched: readonly AttributeValue[]): boolean {
    const [text, other] = this.members ? [] : [textOf(values), textOf(searched)]
    // Most are one text, and equal texts have equal messages. One that is not well formed has none.
    if (text !== undefined && other !== undefined && this.paths.length === 1) {
      const wantedText = this.#normalized(other)
      if (wantedText.isWellFormed()) return this.#isNormalizedTo(text, wantedText)
    }
    const wanted = messageOf(this.normalizeOne(searched), this.paths)
    try {
      return this.normalize(values).some(one => messageOf(one, this.paths) === wanted)
    } catch (error) {
      if (error instanceof SearchError) return false
      throw error
    }
  }

  /** Whether something is made of the texts of an attribute first. */
  isNormalized(index: number): boolean {
    return this.#normalizers[index]!.length > 0
  }

  /**
   * What is made of a text of an attribute, as it is; for a maker with other tokens.
   *
   * @throws {SearchError} `invalid-value`
   */
  normalizeText(index: number, text: string): string {
    return this.#text({ S: text }, this.#normalizers[index]!, index)
  }

  #isNormalizedTo(text: string, wanted: string): boolean {
    try {
      return this.#normalized(text) === wanted
    } catch {
      return false
    }
  }

  #normalized(text: string): string {
    const normalizers = this.#normalizers[0]!
    return normalizers.length === 0 ? text : this.#text({ S: text }, normalizers, 0)
  }

  #checkCount(values: readonly AttributeValue[]): void {
    const wanted = this.paths.length
    if (Array.isArray(values) && values.length === wanted) return
    throw refused(
      `values must be a list of as many values as the definition has attributes, ${wanted}. Where one is absent there is no token`,
    )
  }

  #text(value: AttributeValue, normalizers: readonly ((text: string) => string)[], index: number): string {
    const text = normalizeText(value, normalizers)
    if (text !== undefined) return text
    throw refusedAt(
      this.paths,
      index,
      'normalize is for texts (S): it was given none, or one with more than 256 combining marks in a row, or a function of it threw or returned none',
    )
  }
}

/** That of the only value, if it is one. */
function textOf([value, ...others]: readonly AttributeValue[]): string | undefined {
  return others.length === 0 && value !== undefined && 'S' in value && typeof value.S === 'string'
    ? value.S
    : undefined
}

/** Undefined where there is no text. Of a function that an application gave, the error may quote it. */
function normalizeText(
  value: AttributeValue,
  normalizers: readonly ((text: string) => string)[],
): string | undefined {
  let text: unknown = 'S' in value ? value.S : undefined
  for (const normalizer of normalizers) {
    if (typeof text !== 'string') return undefined
    try {
      text = normalizer(text)
    } catch {
      return undefined
    }
  }
  return typeof text === 'string' ? text : undefined
}

function checkPath(path: AttributePath): void {
  try {
    writePath(new Writer(64), path)
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    throw invalid(`of has a path that cannot be bound to: ${error.reason.replace(/\.$/, '')}`)
  }
}

function checkedNormalizer(given: unknown): (text: string) => string {
  const normalizer = normalizerOf(given)
  if (normalizer !== undefined) return normalizer
  throw invalid(`normalize must be a function, or one or several of ${NORMALIZER_NAMES.join(', ')}`)
}

/** Undefined for what is none. */
function scalarType(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const name in value) {
    // The SDK writes absent members as undefined.
    if ((value as Record<string, unknown>)[name] === undefined) continue
    return SCALARS.includes(name) ? name : undefined
  }
  return undefined
}

function noScalar(value: unknown): string {
  return typeof value === 'object' && value !== null && 'M' in value
    ? 'it is a map (M). Search for the parts of it that are to be found together, with of'
    : 'it is no text, number or binary. The members of a set or a list are searched for with members: true'
}

function membersOf(value: unknown): AttributeValue[] {
  const { SS, NS, BS, L } = (value ?? {}) as Record<string, unknown>
  if (Array.isArray(SS)) return SS.map(S => ({ S }))
  if (Array.isArray(NS)) return NS.map(N => ({ N }))
  if (Array.isArray(BS)) return BS.map(B => ({ B }))
  if (Array.isArray(L)) return L
  throw refused('members: true is for sets and lists, and it is none')
}

function invalid(what: string): ConfigurationError {
  return invalidOption(`A token cannot be defined so: ${what}.`)
}
