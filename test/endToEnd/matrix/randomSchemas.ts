import {
  any,
  anyOf,
  binary,
  boolean,
  list,
  map,
  nul,
  number,
  record,
  type Schema,
  set,
  string,
  tuple,
} from 'dynamodb-toolbox'
import fc from 'fast-check'
import type { Seal } from './placement.js'

/** A transformer of the application's own. */
const prefixed = { encode: (text: string) => `p:${text}`, decode: (text: string) => text.slice(2) }

const LEAVES = {
  string: () => string(),
  prefixed: () => string().transform(prefixed),
  number: () => number(),
  boolean: () => boolean(),
  binary: () => binary(),
  null: () => nul(),
  strings: () => set(string()),
  numbers: () => set(number()),
  binaries: () => set(binary()),
  any: () => any(),
}

type LeafKind = keyof typeof LEAVES
const LEAF_KINDS = Object.keys(LEAVES) as LeafKind[]

/** A schema without what makes it one of dynamodb-toolbox: it is made twice, with and without encryption. */
export type Shape = { readonly sealed: boolean } & (
  | { readonly kind: LeafKind }
  | { readonly kind: 'list' | 'record' | 'prefixedRecord'; readonly element: Shape }
  | { readonly kind: 'tuple' | 'anyOf'; readonly elements: readonly Shape[] }
  | { readonly kind: 'map'; readonly members: Readonly<Record<string, Member>> }
)

export interface Member {
  readonly shape: Shape
  readonly savedAs?: string | undefined
  readonly hidden?: boolean
  /** Whether it has a default, if it is a text. */
  readonly defaulted?: boolean
}

export type Shapes = Readonly<Record<string, Member>>

/** @param maySeal whether nothing around it is encrypted */
function shape(depth: number, maySeal: boolean): fc.Arbitrary<Shape> {
  if (depth === 0) return leaf(maySeal)
  return fc.oneof(
    { weight: 2, arbitrary: leaf(maySeal) },
    { weight: 4, arbitrary: container(depth, maySeal) },
    { weight: 1, arbitrary: alternatives(depth, maySeal) },
  )
}

const maybe = (maySeal: boolean) => (maySeal ? fc.boolean() : fc.constant(false))

function leaf(maySeal: boolean): fc.Arbitrary<Shape> {
  return fc.record({ kind: fc.constantFrom(...LEAF_KINDS), sealed: maybe(maySeal) })
}

function container(depth: number, maySeal: boolean): fc.Arbitrary<Shape> {
  return maybe(maySeal).chain(sealed => {
    const inner = shape(depth - 1, maySeal && !sealed)
    const own = { sealed: fc.constant(sealed) }
    return fc.oneof(
      fc.record({
        ...own,
        kind: fc.constantFrom('list' as const, 'list' as const, 'record' as const, 'prefixedRecord' as const),
        element: inner,
      }),
      fc.record({
        ...own,
        kind: fc.constant('tuple' as const),
        elements: fc.array(inner, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ ...own, kind: fc.constant('map' as const), members: members(inner, maySeal && !sealed) }),
    )
  })
}

/**
 * Not what registration refuses: ciphertext in one alternative where the other has something in clear. Nor any(),
 * which takes what is meant for the others, with what `$set()` marks it by; nor two of arrays: of what an update returns,
 * dynamodb-toolbox lets an array that is too short pass for a tuple, but not where it was sealed as a whole.
 */
function alternatives(depth: number, maySeal: boolean): fc.Arbitrary<Shape> {
  const clear = shape(depth - 1, false).filter(({ kind }) => kind !== 'any')
  const several = (one: fc.Arbitrary<Shape>) =>
    fc.array(one, { minLength: 2, maxLength: 3 }).filter(all => all.filter(takesArrays).length < 2)
  const choice = (sealed: fc.Arbitrary<boolean>, elements: fc.Arbitrary<readonly Shape[]>) =>
    fc.record({ kind: fc.constant('anyOf' as const), sealed, elements })
  const inClear = choice(maybe(maySeal), several(clear))
  if (!maySeal) return inClear
  const open = fc.constant(false)
  const leafInClear = clear.filter(one => one.kind in LEAVES)
  return fc.oneof(
    inClear,
    choice(open, several(clear.map(one => ({ ...one, sealed: true })))),
    choice(
      open,
      fc.tuple(
        leafInClear,
        container(depth, true).map(one => ({ ...one, sealed: false })),
      ),
    ),
  )
}

function takesArrays(one: Shape): boolean {
  if (one.kind === 'anyOf') return one.elements.some(takesArrays)
  return one.kind === 'list' || one.kind === 'tuple'
}

/** @param mayDefault not where something around it is encrypted: there, updates fill in defaults as well */
function members(inner: fc.Arbitrary<Shape>, mayDefault: boolean): fc.Arbitrary<Shapes> {
  const member = fc.record({
    shape: inner,
    renamed: fc.boolean(),
    hidden: fc.boolean(),
    defaulted: maybe(mayDefault),
  })
  return fc
    .array(member, { minLength: 1, maxLength: 3 })
    .map(all =>
      Object.fromEntries(
        all.map(({ renamed, ...rest }, i) => [`m${i}`, { ...rest, savedAs: renamed ? `s${i}` : undefined }]),
      ),
    )
}

/** The attributes of an entity, at least one of them encrypted somewhere. */
export const shapes: fc.Arbitrary<Shapes> = members(shape(3, true), true).filter(attributes =>
  Object.values(attributes).some(attribute => hasSealed(attribute.shape)),
)

function hasSealed(one: Shape): boolean {
  return one.sealed || innerShapes(one).some(hasSealed)
}

function innerShapes(one: Shape): Shape[] {
  if ('element' in one) return [one.element]
  if ('elements' in one) return [...one.elements]
  return 'members' in one ? Object.values(one.members).map(member => member.shape) : []
}

export function schemaOf(one: Shape, seal: Seal): Schema {
  const bare = bareSchemaOf(one, seal)
  return one.sealed ? seal(bare) : bare
}

function bareSchemaOf(one: Shape, seal: Seal): Schema {
  switch (one.kind) {
    case 'list':
      return list(schemaOf(one.element, seal) as never)
    case 'record':
      return record(string(), schemaOf(one.element, seal) as never)
    case 'prefixedRecord':
      return record(string().transform(prefixed), schemaOf(one.element, seal) as never)
    case 'anyOf':
      return anyOf(...(one.elements.map(element => schemaOf(element, seal)) as [never]))
    case 'tuple':
      return tuple(...(one.elements.map(element => schemaOf(element, seal)) as [never]))
    case 'map':
      return map(attributesOf(one.members, seal) as never)
    default:
      return LEAVES[one.kind]()
  }
}

/** Everything is optional, so that an update can take away anything. */
export function attributesOf(all: Shapes, seal: Seal): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(all).map(([name, { shape, savedAs, hidden = false, defaulted = false }]) => {
      // Every schema has these; text stands for them all.
      const schema = schemaOf(shape, seal) as ReturnType<typeof string>
      const optional = schema.optional().hidden(hidden as never)
      const placed = defaulted && shape.kind === 'string' ? optional.default('filled') : optional
      return [name, (savedAs === undefined ? placed : placed.savedAs(savedAs)) as Schema]
    }),
  )
}

/** The same, but that nothing is hidden from who reads it. */
export function withoutHidden(all: Shapes): Shapes {
  return Object.fromEntries(
    Object.entries(all).map(([name, member]) => [
      name,
      { ...member, hidden: false, shape: mapInner(member.shape) },
    ]),
  )
}

function mapInner(one: Shape): Shape {
  if ('element' in one) return { ...one, element: mapInner(one.element) }
  if ('elements' in one) return { ...one, elements: one.elements.map(mapInner) }
  return 'members' in one ? { ...one, members: withoutHidden(one.members) } : one
}
