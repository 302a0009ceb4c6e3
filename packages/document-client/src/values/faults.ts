import { types } from 'node:util'
import type { marshallOptions } from '@aws-sdk/util-dynamodb'
import type { AttributePath } from '@dynaseal/core'
import { isContainer, PROTOTYPE } from '../paths/attributePattern.js'

/** What in a value has no DynamoDB type, and where in it. */
export interface Fault {
  readonly path: AttributePath
  /** Says what it is, and not its value. */
  readonly what: string
}

/** The first one, of a value that the AWS SDK refuses. Its own error quotes the value. */
export function findFault(
  value: unknown,
  options: marshallOptions | undefined,
  path: AttributePath = [],
): Fault | undefined {
  const what = faultOf(value, options)
  if (what !== undefined) return { path, what }
  if (value instanceof Map)
    return firstIn(
      [...value.values()].map(child => ['', child]),
      options,
      path,
    )
  if (!isContainer(value)) return undefined
  return firstIn(
    Object.entries(value).map(([key, child]) => [Array.isArray(value) ? Number(key) : key, child]),
    options,
    path,
  )
}

function firstIn(
  entries: readonly (readonly [string | number, unknown])[],
  options: marshallOptions | undefined,
  path: AttributePath,
): Fault | undefined {
  for (const [step, child] of entries) {
    const found = findFault(child, options, [...path, step])
    if (found !== undefined) return found
  }
  return undefined
}

function faultOf(value: unknown, options: marshallOptions | undefined): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return options?.removeUndefinedValues === true
        ? undefined
        : 'undefined: leave it out, or set marshallOptions.removeUndefinedValues'
    case 'function':
    case 'symbol':
      return `a ${typeof value}`
    case 'number':
      if (!Number.isFinite(value)) return 'a number that is not finite'
      return Number.isSafeInteger(Math.trunc(value)) || options?.allowImpreciseNumbers === true
        ? undefined
        : 'a number beyond 2^53: give it as bigint'
    case 'object':
      return value === null ? undefined : objectFault(value, options)
    default:
      return undefined
  }
}

function objectFault(value: object, options: marshallOptions | undefined): string | undefined {
  if (value instanceof Set) {
    if (value.size === 0 && options?.convertEmptyValues !== true)
      return 'an empty set, which DynamoDB does not store: leave it out'
    return [...value].every(mayBeInSet) ? undefined : 'a set of what is no string, number or binary value'
  }
  if (isContainer(value)) {
    if (Array.isArray(value)) return undefined
    if (Object.hasOwn(value, PROTOTYPE)) return `an entry named ${PROTOTYPE}, which the AWS SDK would lose`
    return Object.hasOwn(value, 'constructor')
      ? 'an entry named constructor, by which the AWS SDK takes a map for an instance of a class'
      : undefined
  }
  if (value instanceof Map || types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return undefined
  const name = value.constructor?.name
  return name === 'NumberValue' || name === 'Blob'
    ? undefined
    : `an instance of ${name ?? 'a class'}, which has no DynamoDB type: give a text, a number or a plain object in its place`
}

function mayBeInSet(member: unknown): boolean {
  if (typeof member !== 'object') return ['string', 'number', 'bigint'].includes(typeof member)
  return (
    types.isAnyArrayBuffer(member) ||
    ArrayBuffer.isView(member) ||
    member?.constructor?.name === 'NumberValue'
  )
}
