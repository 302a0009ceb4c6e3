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
  ): unknown
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
    const { unmarshallOptions = {} } = config.translateConfig ?? {}
    const translateConfig = {
      ...config.translateConfig,
      unmarshallOptions: { ...unmarshallOptions, wrapNumbers: wrapping(unmarshallOptions) },
    }
    return resolveMiddleware.call(command, stack, { ...config, translateConfig }, ...rest)
  }
  return Object.defineProperty(command, 'resolveMiddleware', { value: resolve })
}

/** How these options read numbers, in all of their digits. */
export function wrapping(options: unmarshallOptions): unmarshallOptions['wrapNumbers'] {
  // With that, the SDK itself keeps all digits.
  if (options.wrapNumbers === true) return true
  return (text: string) => {
    const native: unknown = convertToNative({ N: text }, options)
    return isAll(native, text) ? native : new ReadNumber(text, native)
  }
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
  return restored(value) as T
}

function restored(value: unknown): unknown {
  if (value instanceof ReadNumber) return value.native
  if (value instanceof Set) return hasRead(value) ? new Set(Array.from(value, restored)) : value
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) value[index] = restored(each)
  } else if (isContainer(value)) {
    for (const [name, member] of Object.entries(value)) {
      const own = restored(member)
      if (own !== member) setMember(value, name, own)
    }
  }
  return value
}

function hasRead(set: ReadonlySet<unknown>): boolean {
  for (const member of set) if (member instanceof ReadNumber) return true
  return false
}

const known = new WeakMap<Values, Values>()

/** The same for items that may be signed: numbers have all of their digits, up to {@link asClientReads}. */
export function allDigits(values: Values): Values {
  const made = known.get(values)
  if (made !== undefined) return made
  const { unmarshallOptions = {} } = values
  const options = { ...unmarshallOptions, wrapNumbers: wrapping(unmarshallOptions) }
  const native: Values['native'] = value =>
    copyContainers(convertToNative(value as Parameters<typeof convertToNative>[0], options))
  const reading = { ...values, native }
  known.set(values, reading)
  return reading
}
