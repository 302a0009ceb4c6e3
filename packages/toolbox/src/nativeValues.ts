import { NumberValue } from '@aws-sdk/lib-dynamodb'
import {
  convertToAttr,
  type marshallOptions,
  type NativeAttributeValue,
  NumberValueImpl,
  type unmarshallOptions,
} from '@aws-sdk/util-dynamodb'
import type { AttributeValue } from '@dynaseal/core'
import { isContainer } from './attributePattern.js'

/**
 * A native value as an attribute value.
 *
 * @throws {Error} that quotes the value: not to be let out
 */
export function marshallNative(
  value: NativeAttributeValue,
  options: marshallOptions | undefined,
): AttributeValue {
  refusePrototypeKey(value)
  try {
    return convertToAttr(value, options) as AttributeValue
  } catch {
    // The application may have another copy of the SDK, whose wrapped numbers this one does not know.
    return convertToAttr(adoptNumbers(value) as NativeAttributeValue, options) as AttributeValue
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
