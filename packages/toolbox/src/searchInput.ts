import { Searched } from '@dynaseal/document-client/mapper'
import type { Schema } from 'dynamodb-toolbox'
import { TokenAttribute } from './tokenAttribute.js'
import { knownCopies, type ToolboxCopy } from './toolboxCopies.js'

const patched = new WeakSet<ToolboxCopy>()

/**
 * Lets what `search()` returns through the parser of keys as well: the sealed client puts a token, which is a text, in its place.
 */
function letKeysThrough({ keys: { PrimaryKeyParser } }: ToolboxCopy): void {
  type Key = Record<string, unknown>
  const prototype = PrimaryKeyParser.prototype as unknown as { parse(input: Key): Key }
  const { parse } = prototype
  prototype.parse = function (input) {
    const given = Object.entries(input)
    if (!given.some(([, value]) => value instanceof Searched)) return parse.call(this, input)
    const texts = given.map(([name, value]) => [name, value instanceof Searched ? TEXT : value])
    const key = parse.call(this, Object.fromEntries(texts))
    return Object.fromEntries(
      Object.entries(key).map(([name, value]) => [name, value === TEXT ? input[name] : value]),
    )
  }
}

/** Takes the place of a token. */
const TEXT = 'searched'

/**
 * Lets what `search()` returns through the parser where conditions are parsed, which fills nothing: a key is a string to it,
 * and this is none yet. So does what is compared with a token attribute: the sealed client refuses what is not wrapped, with an
 * error that says so, where dynamodb-toolbox would say that there is no such attribute.
 */
export function letSearchesThrough(): void {
  for (const copy of knownCopies()) {
    if (patched.has(copy)) continue
    patched.add(copy)
    letKeysThrough(copy)
    const prototype = copy.parse.Parser.prototype as unknown as {
      readonly schema: Schema
      start(input: unknown, options?: { fill?: boolean; mode?: string }): Iterator<unknown>
    }
    const { start } = prototype
    prototype.start = function (input, options) {
      const isCondition = options?.fill === false && options.mode === undefined
      const isToken = (this.schema.props as { transform?: unknown }).transform instanceof TokenAttribute
      if (isCondition && (isToken || input instanceof Searched))
        return { next: () => ({ done: true, value: input }) }
      return start.call(this, input, options)
    }
  }
}
