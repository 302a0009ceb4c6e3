import { DocumentClientError } from '../errors.js'
import { type AttributePattern, anyIndex, anyKey, PROTOTYPE } from '../paths/attributePattern.js'

/**
 * What a name may be without quotes: nothing in it could be taken for a part of the path. JSONPath begins with `$`, JSON
 * Pointer with `/`: as names they would encrypt nothing, and nobody would notice.
 */
const NAME = /(?![$/])[^.[\]*'"\\\s]+/y

/**
 * Reads the path of an encrypted attribute as it is declared:
 *
 * - `email` is an attribute, `address.street` an entry of a map,
 * - `cards[*].number` in every element of a list, `tags.*` every entry of a map,
 * - `['first.name']`, `meta["a b"].c`: in quotes, a name with dots, brackets, stars, quotes or spaces, or one that begins
 *   with `$` or `/`. In them, `\` makes a quote or another `\` a part of the name.
 *
 * @throws {DocumentClientError} `invalid-schema`, which shows where
 */
export function parsePath(text: string): AttributePattern {
  return new PathParser(text).parse()
}

class PathParser {
  #at = 0

  constructor(private readonly text: string) {}

  parse(): AttributePattern {
    const pattern: AttributePattern[number][] = [this.#first()]
    while (this.#at < this.text.length) {
      if (this.#skip('.')) pattern.push(this.#skip('*') ? anyKey : this.#name())
      else if (this.#skip('[*]')) pattern.push(anyIndex)
      else if (this.#peek('[')) pattern.push(this.#quoted())
      else throw this.#expected("'.', '[*]' or the end")
    }
    return pattern
  }

  #first(): string {
    if (this.#peek('*'))
      throw this.#wrong('a path begins with the name of an attribute, keys cannot be encrypted')
    if (this.#peek('[*]'))
      throw this.#wrong('an item is no list, so a path begins with the name of an attribute')
    return this.#peek('[') ? this.#quoted() : this.#name()
  }

  #name(): string {
    const start = this.#at
    NAME.lastIndex = start
    const name = NAME.exec(this.text)?.[0]
    if (name === undefined)
      throw this.#expected(
        "a name ([' '] is for those with dots, brackets, spaces or quotes, and those that begin with $ or /)",
      )
    this.#at += name.length
    return this.#storable(name, start)
  }

  /** From the opening bracket to the closing one. */
  #quoted(): string {
    const start = this.#at
    this.#at++
    const quote = this.text[this.#at]
    if (quote !== "'" && quote !== '"')
      throw this.#expected(
        "'*' or a name in quotes (positions in a list change, so none is encrypted by itself)",
      )
    this.#at++
    let name = ''
    for (;;) {
      const character = this.text[this.#at]
      if (character === undefined) throw this.#expected(`the closing ${quote}`)
      if (character === quote) break
      if (character === '\\') {
        this.#at++
        const escaped = this.text[this.#at]
        if (escaped !== '\\' && escaped !== "'" && escaped !== '"') throw this.#expected("a quote or '\\'")
        name += escaped
      } else {
        name += character
      }
      this.#at++
    }
    if (name === '') throw this.#expected('a name')
    this.#at++
    if (!this.#skip(']')) throw this.#expected("']'")
    return this.#storable(name, start)
  }

  #storable(name: string, start: number): string {
    if (name !== PROTOTYPE) return name
    this.#at = start
    throw this.#wrong(`the AWS SDK cannot store an attribute named ${PROTOTYPE}`)
  }

  #peek(text: string): boolean {
    return this.text.startsWith(text, this.#at)
  }

  #skip(text: string): boolean {
    if (!this.#peek(text)) return false
    this.#at += text.length
    return true
  }

  #expected(what: string): DocumentClientError {
    return this.#wrong(`expected ${what}`)
  }

  #wrong(what: string): DocumentClientError {
    const at = Math.min(this.#at, this.text.length)
    return new DocumentClientError(
      'invalid-schema',
      `'${this.text}' is not the path of an attribute: ${what}, at position ${at}.\n  ${this.text.replaceAll(/\s/g, ' ')}\n  ${' '.repeat(at)}^`,
    )
  }
}
