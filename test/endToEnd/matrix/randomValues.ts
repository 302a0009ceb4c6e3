import { $append, $prepend, $remove, $set } from 'dynamodb-toolbox'
import fc from 'fast-check'
import { looksSealed } from '../../support/formatOfRun.js'
import { BYTE_MARK, NUMBER_MARK, TEXT_MARK } from '../../support/scanner/sentinels.js'
import type { Shape, Shapes } from './randomSchemas.js'

/** @param secret whether something around it is encrypted; secrets can be recognized, and others are not taken for them */
export function valueFor(one: Shape, secret = false): fc.Arbitrary<unknown> {
  const hidden = secret || one.sealed
  const text = fc
    .string({ maxLength: 8, unit: 'grapheme' })
    .map(tail => (hidden ? `${TEXT_MARK}${tail}` : tail))
  const amount = fc.integer({ min: 0, max: 99999 }).map(n => (hidden ? Number(`${NUMBER_MARK}${n}`) : n))
  const bytes = fc
    .uint8Array({ maxLength: 6 })
    .map(tail => (hidden ? Uint8Array.from([...BYTE_MARK, ...tail]) : tail))
  switch (one.kind) {
    case 'string':
    case 'prefixed':
      return text
    case 'number':
      return amount
    case 'boolean':
      return fc.boolean()
    case 'binary':
      return bytes
    case 'null':
      return fc.constant(null)
    case 'strings':
      return fc.uniqueArray(text, { minLength: 1, maxLength: 3 }).map(all => new Set(all))
    case 'numbers':
      return fc.uniqueArray(amount, { minLength: 1, maxLength: 3 }).map(all => new Set(all))
    case 'binaries':
      return fc.uniqueArray(bytes, { minLength: 1, maxLength: 3, selector: String }).map(all => new Set(all))
    case 'any':
      return fc.oneof(
        text,
        amount,
        fc.array(text, { maxLength: 2 }),
        fc.record({ a: text, b: fc.array(amount) }, { noNullPrototype: true }),
      )
    case 'anyOf':
      return fc.oneof(...one.elements.map(element => valueFor(element, hidden)))
    case 'list':
      return fc.array(valueFor(one.element, hidden), { maxLength: 3 })
    case 'record':
    case 'prefixedRecord':
      return fc.dictionary(keys(hidden), valueFor(one.element, hidden), { maxKeys: 3, noNullPrototype: true })
    case 'tuple':
      return fc.tuple(...one.elements.map(element => valueFor(element, hidden)))
    case 'map':
      return valuesFor(one.members, hidden)
  }
}

export function valuesFor(all: Shapes, secret = false): fc.Arbitrary<Record<string, unknown>> {
  const each = Object.fromEntries(
    Object.entries(all).map(([name, member]) => [
      name,
      fc.option(valueFor(member.shape, secret), { nil: undefined, freq: 5 }),
    ]),
  )
  return fc
    .record(each, { noNullPrototype: true })
    .map(values => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)))
}

/** Few, so that updates meet what is there. */
const keys = (hidden: boolean) =>
  fc.constantFrom('a', 'b', 'a.b', 'c d').map(key => (hidden ? `${TEXT_MARK}${key}` : key))

/** What an `UpdateItemCommand` is given for it. */
export function changeOf(one: Shape): fc.Arbitrary<unknown> {
  const anew = valueFor(one).map(value => (isContainer(value) ? $set(value as never) : value))
  if (one.sealed || !isPartial(one)) return anew
  return fc.oneof({ weight: 1, arbitrary: anew }, { weight: 2, arbitrary: partialChangeOf(one) })
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array || value instanceof Set)
}

type Partial = Shape & { kind: 'list' | 'record' | 'prefixedRecord' | 'tuple' | 'map' }
const isPartial = (one: Shape): one is Partial =>
  ['list', 'record', 'prefixedRecord', 'tuple', 'map'].includes(one.kind)

function partialChangeOf(one: Partial): fc.Arbitrary<unknown> {
  switch (one.kind) {
    case 'list': {
      const added = fc.array(valueFor(one.element), { minLength: 1, maxLength: 2 })
      const changed = fc.oneof(changeOf(one.element), fc.constant($remove()))
      return fc.oneof(
        added.map(elements => $append(elements as never)),
        added.map(elements => $prepend(elements as never)),
        fc.dictionary(fc.constantFrom('0', '1', '2'), changed, {
          minKeys: 1,
          maxKeys: 2,
          noNullPrototype: true,
        }),
      )
    }
    case 'record':
    case 'prefixedRecord': {
      const changed = fc.oneof(changeOf(one.element), fc.constant($remove()))
      return fc.dictionary(keys(false), changed, { minKeys: 1, maxKeys: 2, noNullPrototype: true })
    }
    case 'tuple':
      return fc.record(Object.fromEntries(one.elements.map((element, i) => [i, changeOf(element)])), {
        requiredKeys: [],
        noNullPrototype: true,
      })
    case 'map':
      return changesOf(one.members)
  }
}

export function changesOf(all: Shapes): fc.Arbitrary<Record<string, unknown>> {
  const each = Object.fromEntries(
    Object.entries(all).map(([name, member]) => [
      name,
      fc.oneof(
        { weight: 4, arbitrary: changeOf(member.shape) },
        { weight: 1, arbitrary: fc.constant($remove()) },
      ),
    ]),
  )
  return fc.record(each, { requiredKeys: [], noNullPrototype: true })
}

/** A path to something that can be asked for: not inside what is encrypted as a whole. */
export function pathIn(all: Shapes): fc.Arbitrary<string> {
  return fc.oneof(
    ...Object.entries(all).map(([name, member]) => pathFrom(member.shape).map(rest => `${name}${rest}`)),
  )
}

function pathFrom(one: Shape): fc.Arbitrary<string> {
  const inside = one.sealed ? [] : pathsInside(one)
  return fc.oneof(fc.constant(''), ...inside.map(arbitrary => ({ weight: 2, arbitrary })))
}

function pathsInside(one: Shape): fc.Arbitrary<string>[] {
  switch (one.kind) {
    case 'list':
      return [pathFrom(one.element).chain(rest => fc.nat(2).map(i => `[${i}]${rest}`))]
    case 'record':
    case 'prefixedRecord':
      return [pathFrom(one.element).chain(rest => keys(false).map(key => `['${key}']${rest}`))]
    case 'tuple':
      return one.elements.map((element, i) => pathFrom(element).map(rest => `[${i}]${rest}`))
    case 'anyOf':
      // A path inside what is encrypted as a whole in another alternative is refused.
      return one.elements.some(({ sealed }) => sealed) ? [] : one.elements.map(pathFrom)
    case 'map':
      return Object.entries(one.members).map(([name, member]) =>
        pathFrom(member.shape).map(rest => `.${name}${rest}`),
      )
    default:
      return []
  }
}

/** Where something stands in a stored item that should be ciphertext and is not. */
export function notSealed(all: Shapes, stored: Readonly<Record<string, unknown>>, at = ''): string[] {
  return Object.entries(all).flatMap(([name, { shape, savedAs = name }]) =>
    stored[savedAs] === undefined ? [] : notSealedIn(shape, stored[savedAs], `${at}.${savedAs}`),
  )
}

function notSealedIn(one: Shape, stored: unknown, at: string): string[] {
  if (one.sealed) return stored instanceof Uint8Array && looksSealed(stored) ? [] : [at]
  switch (one.kind) {
    case 'list':
      return (stored as unknown[]).flatMap((child, i) => notSealedIn(one.element, child, `${at}[${i}]`))
    case 'record':
    case 'prefixedRecord':
      return Object.entries(stored as object).flatMap(([key, child]) =>
        notSealedIn(one.element, child, `${at}.${key}`),
      )
    case 'tuple':
      return (stored as unknown[]).flatMap((child, i) => notSealedIn(one.elements[i]!, child, `${at}[${i}]`))
    case 'map':
      return notSealed(one.members, stored as Record<string, unknown>, at)
    case 'anyOf':
      return one.elements.every(({ sealed }) => sealed) ? notSealedIn(one.elements[0]!, stored, at) : []
    default:
      return []
  }
}
