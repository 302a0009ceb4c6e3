import type { AttributeValue as WireValue } from '@aws-sdk/client-dynamodb'
import { NumberValue, type TranslateConfig } from '@aws-sdk/lib-dynamodb'
import {
  convertToAttr,
  convertToNative,
  type marshallOptions,
  type NativeAttributeValue,
  NumberValueImpl,
  type unmarshallOptions,
} from '@aws-sdk/util-dynamodb'
import type { AttributePath, AttributeValue } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { isContainer } from '../paths/attributePattern.js'
import { copyContainers } from './copyContainers.js'
import { findFault } from './faults.js'
import type { Values } from './values.js'

/** Those of a document client with these options. */
export function nativeValues({ marshallOptions, unmarshallOptions }: TranslateConfig): Values {
  return {
    attribute: value => marshallNative(value as NativeAttributeValue, marshallOptions),
    attributeAt: (path, value, describe) =>
      marshallAt(path, value as NativeAttributeValue, marshallOptions, describe),
    native: value =>
      // Most values are strings, and the SDK's converter gives what it was given.
      'S' in value && typeof value.S === 'string'
        ? value.S
        : copyContainers(convertToNative(value as WireValue, unmarshallOptions)),
    unmarshallOptions,
  }
}

/**
 * A native value as an attribute value.
 *
 * @throws {Error} that quotes the value: not to be let out
 */
export function marshallNative(
  value: NativeAttributeValue,
  options: marshallOptions | undefined,
): AttributeValue {
  // As below, where `convertEmptyValues` has no say.
  if (typeof value === 'string' && value !== '') return { S: value }
  refusePrototypeKey(value)
  try {
    return convertToAttr(value, options) as AttributeValue
  } catch {
    // The application may have another copy of the SDK, whose wrapped numbers this one does not know.
    return convertToAttr(adoptNumbers(value) as NativeAttributeValue, options) as AttributeValue
  }
}

/**
 * As {@link marshallNative}, with an error that may be let out.
 *
 * @param describe tells a place in the value without what is secret about it
 * @throws {DocumentClientError} `invalid-value`
 */
export function marshallAt(
  path: AttributePath,
  value: NativeAttributeValue,
  options: marshallOptions | undefined,
  describe: (inside: AttributePath) => string = () => '',
): AttributeValue {
  try {
    return marshallNative(value, options)
  } catch {
    const fault = findFault(value, options)
    const why =
      fault === undefined
        ? 'it has no DynamoDB type'
        : `${describe(fault.path) || 'in it'} stands ${fault.what}`
    throw new DocumentClientError(
      'invalid-value',
      `The value of attribute '${formatPath(path)}', which is to be sealed, cannot be stored: ${why}.`,
    )
  }
}

/** The document client's own options, with wrapped numbers of the copy of the SDK that it takes back. */
export function withNumberValue(options: unmarshallOptions | undefined): unmarshallOptions | undefined {
  if (options?.wrapNumbers !== true) return options
  return { ...options, wrapNumbers: text => NumberValue.from(text) }
}

/** Assigning to `__proto__` is not storing under it: the marshaller would lose the entry without a word. */
function refusePrototypeKey(value: unknown): void {
  if (!isContainer(value)) return
  if (!Array.isArray(value) && Object.hasOwn(value, '__proto__')) throw new TypeError('__proto__')
  for (const child of Object.values(value)) refusePrototypeKey(child)
}

function adoptNumbers(value: unknown): unknown {
  if (isContainer(value)) {
    if (Array.isArray(value)) return value.map(adoptNumbers)
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, adoptNumbers(child)]))
  }
  if (value instanceof Set) return new Set([...value].map(adoptNumbers))
  if (value?.constructor?.name === 'NumberValue')
    return NumberValueImpl.from(String((value as { value: string }).value))
  return value
}
