import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type {
  AttributePath,
  Format,
  OpenedField,
  SearchError,
  TokenClaim,
  TokenMaker,
  TokenSubject,
} from '@dynaseal/core'
import { beaconParts } from '@dynaseal/core/parts'
import { type ItemToken, isToken, overlap } from '@dynaseal/document-client/mapper'
import type { Target } from '../config/project.js'
import { persistently } from '../engine/persistently.js'
import type { Beside, Left, Unchanged } from '../engine/task.js'
import { encryptedFields, toOpen } from '../stored/tableItem.js'
import { fieldAt, replaced, type WireField, type WireItem } from '../stored/wireItem.js'
import { openEach } from './sealing.js'

/** An item whose tokens are looked at, and which of them are to be those of its values. */
export interface TokensOfItem {
  readonly item: WireItem
  readonly key: WireItem
  readonly tokens: readonly ItemToken[]
}

export interface TokenChanges {
  readonly tokens: readonly Beside[]
  /** Values that they are of. */
  readonly values: readonly Unchanged[]
  readonly left: readonly Left[]
}

/** Whether what stands in a token's place has the form of tokens; also where nothing does, `undefined`. */
export function tokenIn(item: WireItem, { path }: ItemToken): 'token' | 'other' | undefined {
  const value = fieldAt(item, path)
  if (value === undefined) return undefined
  const texts = textsOf(value)
  return texts !== undefined && isToken(new Set(texts)) ? 'token' : 'other'
}

/** The tokens that an item surely has, as far as its kind is known: elsewhere, what stands there may be something else. */
export function tokensOf({ known }: Target, item: WireItem): readonly ItemToken[] {
  const { kindAttribute } = known
  const kind = kindAttribute === undefined ? undefined : item[kindAttribute]?.S
  return known.tokens(kind).filter(({ path }) => known.surelyHasToken(kind, path))
}

/** The version of the search key of each token that an item has. */
export function versionsIn(item: WireItem, { path }: ItemToken): readonly number[] {
  const value = fieldAt(item, path)
  return (value === undefined ? [] : (textsOf(value) ?? [])).map(text => Number(text.split('.', 1)[0]))
}

function textsOf({ S, SS }: AttributeValue): readonly string[] | undefined {
  return S === undefined ? SS : [S]
}

/** The tokens of items, under the search key that is written with. One that is there already is no change. */
export async function tokenChanges(
  target: Target,
  maker: TokenMaker,
  items: readonly TokensOfItem[],
  signal: AbortSignal,
): Promise<TokenChanges[]> {
  const sealed = items.map(of => sealedParts(target, of))
  const opened = await openedParts(target, items, sealed, signal)
  const changes = items.map(() => ({ tokens: [] as Beside[], values: [] as Unchanged[], left: [] as Left[] }))
  const toWrite: { index: number; token: ItemToken; subject: TokenSubject }[] = []
  for (const [index, { item, key, tokens }] of items.entries()) {
    const { values, left } = changes[index]!
    let inClear = item
    const closed: (WireField & { readonly reason: string })[] = []
    for (const [j, field] of sealed[index]!.entries()) {
      const result = opened[index]![j]!
      if ('error' in result) closed.push({ ...field, reason: result.error.code })
      else inClear = replaced(inClear, field.path, result.value)
    }
    for (const token of tokens) {
      const { path, definition } = token
      const [failed] = closed.filter(field => definition.paths.some(part => overlap(part, field.path)))
      if (failed !== undefined) {
        left.push({ path, reason: failed.reason })
        continue
      }
      const parts = definition.paths.flatMap(part => fieldAt(inClear, part) ?? [])
      if (parts.length < definition.paths.length) {
        if (fieldAt(item, path) !== undefined) left.push({ path, reason: 'token-without-value' })
        continue
      }
      const tenant = token.tenant && fieldAt(item, token.tenant)?.S
      if (token.tenant !== undefined && !tenant) {
        left.push({ path, reason: 'token-without-tenant' })
        continue
      }
      const of = token.tenant === undefined ? definition.paths : [...definition.paths, token.tenant]
      values.push(...of.map(part => standing(item, part, sealed[index]!)))
      toWrite.push({ index, token, subject: { ...subjectOf(target, token, key, parts), tenant } })
    }
  }
  const made = await writeEach(
    maker,
    toWrite.map(({ subject }) => subject),
    signal,
  )
  const differing: TokenClaim[] = []
  const adding: (() => void)[] = []
  for (const [i, { index, token, subject }] of toWrite.entries()) {
    const one = made[i]!
    const { path } = token
    if (typeof one === 'string') {
      changes[index]!.left.push({ path, reason: one })
      continue
    }
    const [from, to] = [fieldAt(items[index]!.item, path), storedAs(token, one)]
    if (isSame(from, to)) continue
    adding.push(() => changes[index]!.tokens.push({ path, from, to }))
    differing.push({ ...subject, stored: (from && textsOf(from)) ?? [] })
  }
  const isFine = await areFine(maker, differing, signal)
  for (const [i, add] of adding.entries()) if (!isFine[i]) add()
  return changes
}

/** Whether stored beacons are right although the client would write others: those of another partition. */
async function areFine(
  maker: TokenMaker,
  claims: readonly TokenClaim[],
  signal: AbortSignal,
): Promise<readonly boolean[]> {
  const there = claims.filter(({ stored }) => stored.length > 0)
  if (beaconParts(maker) === undefined || there.length === 0) return claims.map(() => false)
  const fits = await persistently(() => maker.check(there, { signal }), { signal })
  return claims.map(claim => fits[there.indexOf(claim)]?.fits ?? false)
}

/** What is sealed, opened; an item of which nothing is has nothing to be opened. */
async function openedParts(
  { known, format }: Target,
  items: readonly TokensOfItem[],
  sealed: readonly (readonly WireField[])[],
  signal: AbortSignal,
): Promise<(readonly OpenedField[])[]> {
  const wanted = items.flatMap(({ item, key }, i) => {
    const fields = sealed[i]!
    return fields.length === 0 ? [] : [{ i, toOpen: toOpen(known, key, item, fields) }]
  })
  const opened = await openEach(
    format,
    wanted.map(one => one.toOpen),
    signal,
  )
  const byItem = new Map(wanted.map(({ i }, j) => [i, opened[j]!]))
  return items.map((_, i) => byItem.get(i) ?? [])
}

function subjectOf(
  { known }: Target,
  { path, definition }: ItemToken,
  key: WireItem,
  values: readonly AttributeValue[],
): TokenSubject {
  const { name: table, keyNames } = known
  return {
    definition,
    table,
    values: values as TokenSubject['values'],
    keyNames,
    attribute: path,
    key,
  } as TokenSubject
}

function storedAs(
  { definition }: ItemToken,
  [first, ...others]: readonly string[],
): AttributeValue | undefined {
  if (first === undefined) return undefined
  return definition.members ? { SS: [first, ...others] } : { S: first }
}

function isSame(one: AttributeValue | undefined, other: AttributeValue | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  if (one.S !== undefined || other.S !== undefined) return one.S === other.S
  const [a, b] = [new Set(one.SS), new Set(other.SS)]
  return one.SS !== undefined && a.size === b.size && [...a].every(text => b.has(text))
}

/** What is sealed of what tokens are of: it, a part of it, or what it is a part of. */
function sealedParts({ known, format }: Target, { item, tokens }: TokensOfItem): WireField[] {
  const parts = tokens.flatMap(({ definition }) => definition.paths)
  return encryptedFields(known, item).filter(
    ({ path, value, isObstacle }) =>
      !isObstacle && isSealed(value, format) && parts.some(part => overlap(part, path)),
  )
}

/** What stands where a value is, as it is stored. */
function standing(item: WireItem, part: AttributePath, sealed: readonly WireField[]): Unchanged {
  const above = sealed.find(({ path }) => path.length <= part.length && overlap(path, part))
  return above ?? { path: part, value: fieldAt(item, part) }
}

function isSealed({ B }: AttributeValue, format: Format): boolean {
  return B !== undefined && format.looksSealed(B)
}

/**
 * Each for itself where one has none: that one has the code of its error.
 *
 * @throws {SearchError} what is nobody's value's fault: no search key
 */
async function writeEach(
  maker: TokenMaker,
  subjects: readonly TokenSubject[],
  signal: AbortSignal,
): Promise<(readonly string[] | string)[]> {
  const write = (some: readonly TokenSubject[]) =>
    persistently(() => maker.write(some, { signal }), { signal })
  if (subjects.length === 0) return []
  try {
    return await write(subjects)
  } catch (error) {
    if (!isOfOneValue(error)) throw error
  }
  return Promise.all(
    subjects.map(async subject => {
      try {
        return (await write([subject]))[0]!
      } catch (error) {
        if (!isOfOneValue(error)) throw error
        return (error as SearchError).code
      }
    }),
  )
}

function isOfOneValue(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'invalid-value'
}
