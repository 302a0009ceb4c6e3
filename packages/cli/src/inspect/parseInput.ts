import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import type { AttributePath } from '@dynaseal/core'
import { CliError } from '../errors.js'
import type { WireItem } from '../stored/wireItem.js'

/** What somebody has at hand: one stored value, or an item with its attributes. */
export type Input = { readonly bytes: Uint8Array } | { readonly item: WireItem }

/**
 * Reads a field in hexadecimal digits or base64, or DynamoDB JSON: `{"B": "…"}`, an item, or what `aws dynamodb get-item`
 * prints and an export has, `{"Item": …}`.
 *
 * @throws {CliError} `usage`
 */
export function parseInput(text: string): Input {
  const trimmed = text.trim().replace(/^(["'])(.*)\1$/s, '$2')
  if (trimmed.startsWith('{')) return fromJson(parseJson(trimmed, 'What is to be inspected'))
  const compact = trimmed.replaceAll(/\s/g, '')
  if (compact === '') throw new CliError('usage', 'There is nothing to inspect.')
  const hex = compact.replace(/^0x/i, '')
  // Such digits could be base64, too, but not of anything sealed: that begins with 2l4, AgR4 or AgV4; or it is of the AWS
  // Database Encryption SDK, of which at least 16 bytes are at random: as good as never are these such digits alone.
  if (/^([0-9a-f]{2})+$/i.test(hex)) return { bytes: Buffer.from(hex, 'hex') }
  if (/^[\w+/-]+=*$/.test(compact)) return { bytes: Buffer.from(compact, 'base64') }
  throw new CliError('usage', 'That is neither base64, nor hexadecimal digits, nor DynamoDB JSON.')
}

function fromJson(json: unknown): Input {
  const object = json as Record<string, unknown>
  if (typeof object.B === 'string' && Object.keys(object).length === 1)
    return { bytes: Buffer.from(object.B, 'base64') }
  const { Item = object } = object
  return { item: itemFromJson(Item, 'What is to be inspected') }
}

/** Of maps and lists in each other, DynamoDB's limit ("Service, account, and table quotas"). */
const MAX_DEPTH = 32

/**
 * An item in DynamoDB JSON, whose Binary values are base64.
 *
 * @param depth how many maps and lists it is in
 * @throws {CliError} `usage`
 */
export function itemFromJson(json: unknown, what: string, depth = 0): WireItem {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw noItem(what)
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, attributeOf(value, what, depth)]),
  )
}

function attributeOf(json: unknown, what: string, depth = 0): AttributeValue {
  // What no item has could be too deep for this process, too.
  if (depth > MAX_DEPTH) throw noItem(what)
  const members = Object.entries(Object(json) as Record<string, unknown>)
  const [type, content] = members[0] ?? []
  if (members.length !== 1 || type === undefined) throw noItem(what)
  switch (type) {
    case 'B':
      return { B: bytesOf(content, what) }
    case 'BS':
      return { BS: listOf(content, what).map(one => bytesOf(one, what)) }
    case 'L':
      return { L: listOf(content, what).map(one => attributeOf(one, what, depth + 1)) }
    case 'M':
      return { M: itemFromJson(content, what, depth + 1) }
    case 'S':
    case 'N':
      return { [type]: textOf(content, what) } as unknown as AttributeValue
    case 'SS':
    case 'NS':
      return { [type]: listOf(content, what).map(one => textOf(one, what)) } as unknown as AttributeValue
    case 'BOOL':
    case 'NULL':
      if (typeof content !== 'boolean') throw noItem(what)
      return { [type]: content } as unknown as AttributeValue
    default:
      throw noItem(what)
  }
}

function textOf(content: unknown, what: string): string {
  if (typeof content !== 'string') throw noItem(what)
  return content
}

function bytesOf(content: unknown, what: string): Uint8Array {
  return Buffer.from(textOf(content, what), 'base64')
}

function listOf(content: unknown, what: string): unknown[] {
  if (!Array.isArray(content)) throw noItem(what)
  return content
}

function noItem(what: string): CliError {
  return new CliError(
    'usage',
    `${what} is JSON, and no DynamoDB JSON: {"id": {"S": "42"}, "ssn": {"B": "…"}}.`,
  )
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CliError('usage', `${what} begins with a brace, and is no JSON.`)
  }
}

/**
 * A primary key: `{"id": "42"}`, in DynamoDB JSON too; or, of a table with a partition key alone, its text.
 *
 * @param keyNames the table's
 * @throws {CliError} `usage`
 */
export function parseKey(text: string, keyNames: readonly string[]): WireItem {
  const [partitionKey] = keyNames
  if (!text.trim().startsWith('{')) {
    if (keyNames.length === 1) return { [partitionKey!]: { S: text } }
    throw new CliError('usage', `The key has ${keyNames.join(' and ')}: ${keyExample(keyNames)}.`)
  }
  const json = parseJson(text, 'The key') as Record<string, unknown>
  const names = Object.keys(json)
  if (names.length !== keyNames.length || !keyNames.every(name => names.includes(name)))
    throw new CliError(
      'usage',
      `The key must have ${keyNames.join(' and ')}, and nothing else: ${keyExample(keyNames)}.`,
    )
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name,
      typeof value === 'object' ? attributeOf(value, 'The key') : keyValue(name, value),
    ]),
  )
}

/** Decimal digits that every number of JSON keeps ("Number.MAX_SAFE_INTEGER" has one more, and not all of that many fit). */
const SAFE_DIGITS = 15

function keyValue(name: string, value: unknown): AttributeValue {
  // It has been read already: what more digits stood there, nobody knows.
  if (typeof value === 'number' && String(value).replaceAll(/^-?[0.]*|e.*$|\D/g, '').length > SAFE_DIGITS)
    throw new CliError(
      'usage',
      `The number of the key attribute ${name} has more digits than JSON keeps: give it as a text, ${JSON.stringify({ [name]: { N: '…' } })}.`,
    )
  return marshall({ [name]: value })[name]!
}

function keyExample(keyNames: readonly string[]): string {
  return JSON.stringify(Object.fromEntries(keyNames.map(name => [name, '…'])))
}

/**
 * A path as one writes it: `address.lines[0]`, and names with dots, brackets or spaces in quotes: `['first.name']`.
 *
 * @throws {CliError} `usage`
 */
export function parsePath(text: string): AttributePath {
  const path: (string | number)[] = []
  let rest = text
  while (rest !== '') {
    const [all, plain, index, , quoted] =
      /^(?:\.?([^.[\]]+)|\[(\d+)\]|\[(['"])((?:\\.|(?!\3)[^\\])+)\3\])/s.exec(rest) ?? []
    const name = plain ?? quoted?.replaceAll(/\\(.)/gs, '$1')
    if (all === undefined || (path.length === 0 && (name === undefined || all.startsWith('.'))))
      throw new CliError('usage', `${JSON.stringify(text)} is no path: address.lines[0], or ['first.name'].`)
    path.push(name ?? Number(index))
    rest = rest.slice(all.length)
  }
  if (path.length === 0) throw new CliError('usage', 'The path is empty.')
  return path
}
