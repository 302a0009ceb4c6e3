import { Searched } from '@dynaseal/document-client/mapper'
import type { Schema } from 'dynamodb-toolbox'
import { TokenAttribute } from './tokenAttribute.js'
import { knownCopies, type ToolboxCopy } from './toolboxCopies.js'

const patched = new WeakSet<ToolboxCopy>()

/**
 * Lets what `search()` returns through the parser where conditions are parsed, which fills nothing: a key is a string to it,
 * and this is none yet. So does what is compared with a token attribute: the sealed client refuses what is not wrapped, with an
 * error that says so, where dynamodb-toolbox would say that there is no such attribute.
 */
export function letSearchesThrough(): void {
  for (const copy of knownCopies()) {
    if (patched.has(copy)) continue
    patched.add(copy)
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
