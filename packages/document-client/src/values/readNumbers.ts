import type { TranslateConfig } from '@aws-sdk/lib-dynamodb'
import { convertToNative, NumberValueImpl, type unmarshallOptions } from '@aws-sdk/util-dynamodb'
import { normalizeNumber } from '@dynaseal/core'
import { isContainer } from '../paths/attributePattern.js'
import { copyContainers, setMember } from './copyContainers.js'
import type { Values } from './values.js'

/** A number that was read, in all of its digits, and what the client's options make of it. */
class ReadNumber extends NumberValueImpl {
  constructor(
    text: string,
    readonly native: unknown,
  ) {
    super(text)
  }
}

interface DocumentCommand {
  resolveMiddleware(
    stack: unknown,
    config: { translateConfig?: TranslateConfig },
    ...rest: unknown[]
  ): (...args: unknown[]) => Promise<{ readonly output: unknown }>
}

/**
 * Has a command of a document client read numbers in all of their digits: those in clear may be signed, and JavaScript's have
 * seventeen. {@link asClientReads} is to be called for what it answers.
 *
 * @param command a copy of the caller's
 */
export function readingAllDigits<COMMAND extends object>(command: COMMAND): COMMAND {
  const { resolveMiddleware } = command as unknown as DocumentCommand
  const resolve: DocumentCommand['resolveMiddleware'] = (stack, config, ...rest) => {
    const { options, finish } = reading(config.translateConfig?.unmarshallOptions)
    const translateConfig = { ...config.translateConfig, unmarshallOptions: options }
    const handler = resolveMiddleware.call(command, stack, { ...config, translateConfig }, ...rest)
    return async (...args) => {
      const answer = await handler(...args)
      return { ...answer, output: finish(answer.output) }
    }
  }
  return Object.defineProperty(command, 'resolveMiddleware', { value: resolve })
}

interface Reading {
  /** With which the AWS SDK keeps all digits. */
  readonly options: unmarshallOptions
  /** To be called for what it has read with them, which is changed in place. */
  finish(value: unknown): unknown
}

function reading(given: unmarshallOptions = {}): Reading {
  // With that, the SDK itself keeps all digits.
  if (given.wrapNumbers === true) return { options: given, finish: value => value }
  const read = (text: string) => {
    const native: unknown = convertToNative({ N: text }, given)
    return isAll(native, text) ? native : new ReadNumber(text, native)
  }
  let isAsked = false
  const wrapNumbers = (text: string) => {
    isAsked = true
    return read(text)
  }
  // Versions of the AWS SDK that know no function take it for `true`, and ask nobody.
  const finish = (value: unknown) =>
    isAsked ? value : changed(value, one => (isWrapped(one) ? read(String(one.value)) : one))
  return { options: { ...given, wrapNumbers }, finish }
}

/** Whether it is a number as the AWS SDK wraps them, in whichever copy. */
function isWrapped(value: unknown): value is { readonly value: unknown } {
  return Object(value).constructor?.name === 'NumberValue'
}

function isAll(native: unknown, text: string): boolean {
  if (typeof native !== 'number' && typeof native !== 'bigint') return false
  try {
    return normalizeNumber(String(native)) === normalizeNumber(text)
  } catch {
    return false
  }
}

/** What was read by {@link readingAllDigits}, as the client would have read it. Changes it in place. */
export function asClientReads<T>(value: T): T {
  return changed(value, one => (one instanceof ReadNumber ? one.native : one)) as T
}

/** A value with other leaves, in its own containers. */
function changed(value: unknown, leaf: (one: unknown) => unknown): unknown {
  if (value instanceof Set) {
    const members = Array.from(value)
    const own = members.map(leaf)
    return own.some((member, index) => member !== members[index]) ? new Set(own) : value
  }
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) value[index] = changed(each, leaf)
    return value
  }
  if (!isContainer(value)) return leaf(value)
  for (const [name, member] of Object.entries(value)) {
    const own = changed(member, leaf)
    if (own !== member) setMember(value, name, own)
  }
  return value
}

const known = new WeakMap<Values, Values>()

/** The same for items that may be signed: numbers have all of their digits, up to {@link asClientReads}. */
export function allDigits(values: Values): Values {
  const made = known.get(values)
  if (made !== undefined) return made
  const { options, finish } = reading(values.unmarshallOptions)
  const native: Values['native'] = value =>
    finish(copyContainers(convertToNative(value as Parameters<typeof convertToNative>[0], options)))
  const all = { ...values, native }
  known.set(values, all)
  return all
}
