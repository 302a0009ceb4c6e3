import type { AttributeValue as WireValue } from '@aws-sdk/client-dynamodb'
import { convertToAttr, convertToNative, type NativeAttributeValue } from '@aws-sdk/util-dynamodb'
import { DocumentClientError } from '../errors.js'
import { isContainer } from '../paths/attributePattern.js'
import { Searched } from '../search/searched.js'
import { setMember } from './copyContainers.js'
import { nativeValues } from './nativeValues.js'
import type { Item } from './place.js'
import type { Values } from './values.js'

/** An item as attribute values. */
export type WireItem = Record<string, WireValue>

/** Those of {@link fromWire}: numbers are wrapped, so that none loses digits on its way through. */
export const WIRE_VALUES = nativeValues({ unmarshallOptions: { wrapNumbers: true } })

/**
 * An item of attribute values as everything here takes it. Its containers are nobody else's, and have an entry named
 * `__proto__` as one of their own.
 *
 * @throws {DocumentClientError} `invalid-value`
 */
export function fromWire(item: object): Item {
  return mapMembers(item, native)
}

/** @throws {DocumentClientError} `invalid-value` */
export function toWire(item: object): WireItem {
  return mapMembers(item, attribute) as WireItem
}

/**
 * The members of an item as a client's values have them, as attribute values: what its own commands would have made of them.
 *
 * @throws {DocumentClientError} `invalid-value`
 */
export function wireMembers(item: object, values: Values): WireItem {
  const copy: Item = {}
  for (const [name, value] of Object.entries(item))
    if (value !== undefined) setMember(copy, name, values.attributeAt([name], value))
  return copy as WireItem
}

function native(value: unknown, name: string): unknown {
  const { L, M, S } = Object(value) as { L?: unknown; M?: unknown; S?: unknown }
  // Typed as the text that its token is.
  if (S instanceof Searched) return S
  if (Array.isArray(L)) return L.map(child => native(child, name))
  if (isContainer(M) && !Array.isArray(M)) return mapMembers(M, child => native(child, name))
  try {
    return convertToNative(value as WireValue, { wrapNumbers: true })
  } catch {
    // The converter's own message quotes the value.
    throw new DocumentClientError(
      'invalid-value',
      `'${name}' is, or holds, what is no attribute value. A client of @aws-sdk/client-dynamodb takes { S: … }, { N: … } and the like; plain values want a document client.`,
    )
  }
}

function attribute(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return { L: value.map(child => attribute(child, name)) }
  if (isContainer(value)) return { M: mapMembers(value, child => attribute(child, name)) }
  try {
    return convertToAttr(value as NativeAttributeValue)
  } catch {
    throw new DocumentClientError(
      'invalid-value',
      `'${name}' is, or holds, what DynamoDB does not store: an empty set, or bytes that are none.`,
    )
  }
}

function mapMembers(container: object, convert: (value: unknown, name: string) => unknown): Item {
  const copy: Item = {}
  for (const [name, value] of Object.entries(container))
    if (value !== undefined) setMember(copy, name, convert(value, name))
  return copy
}

/** The input or the output of a command with its items converted: those that are read or written, not the keys that only say where to go on. */
export function mapItems(params: Item, convert: (item: object) => object): Item {
  const inside = (each: unknown) => (isContainer(each) ? mapItems(each as Item, convert) : each)
  const one = (each: unknown) => (typeof each === 'object' && each !== null ? convert(each) : each)
  const byTable = (tables: unknown, convertOf: (value: unknown) => unknown) =>
    Object.fromEntries(Object.entries(Object(tables)).map(([table, value]) => [table, convertOf(value)]))
  const CONVERSIONS: Readonly<Record<string, (value: unknown) => unknown>> = {
    Item: one,
    Key: one,
    Attributes: one,
    ExpressionAttributeValues: one,
    Items: listOf(one),
    Keys: listOf(one),
    TransactItems: listOf(inside),
    Get: inside,
    Put: inside,
    Update: inside,
    Delete: inside,
    ConditionCheck: inside,
    PutRequest: inside,
    DeleteRequest: inside,
    RequestItems: tables => byTable(tables, each => (Array.isArray(each) ? each.map(inside) : inside(each))),
    Responses: responses =>
      Array.isArray(responses) ? responses.map(inside) : byTable(responses, listOf(one)),
  }
  const copy = { ...params }
  for (const [name, value] of Object.entries(params)) {
    const conversion = Object.hasOwn(CONVERSIONS, name) ? CONVERSIONS[name] : undefined
    if (conversion !== undefined && value !== undefined) copy[name] = conversion(value)
  }
  return copy
}

function listOf(convert: (value: unknown) => unknown): (list: unknown) => unknown {
  return list => (Array.isArray(list) ? list.map(convert) : list)
}
