import { createHash } from 'node:crypto'

/** For example `{ S: 'text' }`. */
export type AttributeValue = Readonly<Record<string, unknown>>
export type AttributeMap = Readonly<Record<string, AttributeValue>>

/** The key attributes of an item or key; undefined when one is missing, which the engine will refuse. */
export function keyOf(item: AttributeMap, keyNames: readonly string[]): AttributeMap | undefined {
  const parts: [string, AttributeValue][] = []
  for (const name of keyNames) {
    const value = Object.hasOwn(item, name) ? item[name] : undefined
    if (typeof value !== 'object' || value === null) return undefined
    parts.push([name, value])
  }
  // Not by assignment, to which `__proto__` is no name.
  return Object.fromEntries(parts)
}

const ids = new WeakMap<AttributeMap, string>()

/** The same text for the same key, however its numbers and bytes are written. */
export function itemId(key: AttributeMap): string {
  // A write asks for it at every step of its way.
  let id = ids.get(key)
  if (id === undefined) {
    const names = Object.keys(key).sort()
    id = JSON.stringify(names.map(name => [name, canonical(key[name]!)]))
    ids.set(key, id)
  }
  return id
}

/** The key that an id was made of. */
export function keyOfId(id: string): AttributeMap {
  return Object.fromEntries(JSON.parse(id) as [string, AttributeValue][])
}

/** The same text for the same item, in whatever order an engine answers its attributes and the members of sets. */
export function imageDigest(item: AttributeMap | undefined): string {
  const text = JSON.stringify(item, (name, value: unknown) => {
    if (Array.isArray(value)) return name === 'L' ? value : [...value].sort()
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  return text === undefined ? '' : createHash('sha256').update(text).digest('base64')
}

function canonical(value: AttributeValue): AttributeValue {
  if (typeof value.N === 'string') return { N: canonicalNumber(value.N) }
  if (typeof value.B === 'string') return { B: Buffer.from(value.B, 'base64').toString('base64') }
  return value
}

/** "1.50", "0.15e1" and "1.5" are one key to DynamoDB: digits without outer zeros, and a power of ten. */
function canonicalNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^\s*([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?\s*$/.exec(text) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = Number(exponent) - fraction.length + (digits.length - significant.length)
  return `${sign === '-' ? '-' : ''}${significant}e${power}`
}
