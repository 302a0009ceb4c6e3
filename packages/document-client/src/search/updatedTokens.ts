import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { addActions, parseUpdate, type UpdateAction } from '../expressions/update.js'
import { names } from '../guards/conditions.js'
import { relate } from '../paths/attributePattern.js'
import { pathsOf } from '../sealing/updateExpression.js'
import type { KnownTable } from '../tables/knownTable.js'
import { type Item, primaryKey } from '../values/place.js'
import type { Values } from '../values/values.js'
import type { CommandTokens } from './commandTokens.js'
import type { ItemToken } from './itemToken.js'
import { isComputed, tokenStore } from './storedTokens.js'
import { setAt, valueAt } from './valueAt.js'

/** Placeholders of ours. */
const TOKEN = 'dynaseal_token_'

/** What an update makes of an attribute: a value that is known, nothing, or what it does not say. */
type Change = { readonly value: unknown } | 'removed' | 'kept'

/**
 * Makes an update write the tokens of what it writes. What would leave a token that is not that of the value is refused.
 *
 * @param params its values are the command's own, which are filled when the tokens are made
 * @throws {DocumentClientError} `update-refused` or `plaintext-refused`
 */
export function updateTokens(
  table: KnownTable,
  kind: unknown,
  params: Item,
  tokens: CommandTokens,
  values: Values,
): Item {
  const { UpdateExpression: expression } = params
  if (!table.hasTokens || typeof expression !== 'string' || expression === '') return params
  const actions = parseUpdate(expression, names(params))
  const given = (params.ExpressionAttributeValues ?? {}) as Item
  const key = table.keyTokens.size > 0 ? undefined : primaryKey(table, (params.Key ?? {}) as Item, values)
  const own: Item = {}
  const placeholders: Record<string, string> = {}
  const set: string[] = []
  const remove: string[] = []
  for (const token of table.tokens(kind)) {
    const { path, definition } = token
    refuseWriting(table, token, actions)
    refuseCopying(table, token, actions)
    // A key is not written; whether it stays the token of its value is checked with it.
    if (table.isKeyToken(token)) continue
    const of = [...definition.paths, ...(token.tenant === undefined ? [] : [token.tenant])]
    const changes = of.map(part => changeOf(table, token, part, actions, given))
    const above = actions.find(({ target }) => target.length < path.length && isAbove(target, path))
    if (changes.every(change => change === 'kept')) continue
    refuseUnknownKind(table, kind, token)
    if (
      token.tenant !== undefined &&
      changes.at(-1) === 'removed' &&
      !changes.slice(0, -1).includes('removed')
    ) {
      throw refused(
        table,
        token,
        `it is bound to the tenant in '${formatPath(token.tenant)}'. What it is of stays, and that is removed`,
      )
    }
    const isRemoved = changes.includes('removed')
    const all = isRemoved ? [] : changes.map((change, i) => partOf(table, token, change, of[i]!, params))
    const parts = { parts: all.slice(0, definition.paths.length), tenant: all[definition.paths.length], key }
    // In a container that is replaced, which holds something that it is of as well, it is a part of the new one, or is gone with the old one.
    if (above !== undefined) {
      if (isRemoved || !isSetTo(above)) continue
      const container = given[above.operand.value]
      const rest = path.slice(above.target.length)
      if (valueAt(container, rest) !== undefined) throw isComputed(table, path)
      tokenStore(table, token, parts, tokens, values, stored => {
        if (stored !== undefined) setAt(container as Item, rest, stored)
      })
      continue
    }
    const index = Object.keys(own).length + remove.length
    const place = path
      .map((step, depth) => {
        const placeholder = `#${TOKEN}${index}_${depth}`
        placeholders[placeholder] = String(step)
        return placeholder
      })
      .join('.')
    if (isRemoved || (definition.members && isEmpty(all[0]))) {
      remove.push(place)
      continue
    }
    const value = `:${TOKEN}${index}`
    own[value] = undefined
    set.push(`${place} = ${value}`)
    tokenStore(table, token, parts, tokens, values, stored => {
      given[value] = stored
    })
  }
  if (set.length === 0 && remove.length === 0) return params
  return {
    ...params,
    UpdateExpression: addActions(expression, names(params), { SET: set, REMOVE: remove }),
    ExpressionAttributeNames: { ...names(params), ...placeholders },
  }
}

/**
 * What happens to one of the attributes that a token is of.
 *
 * @throws {DocumentClientError} `update-refused`
 */
export function changeOf(
  table: KnownTable,
  token: ItemToken,
  part: AttributePath,
  actions: readonly UpdateAction[],
  given: Item,
): Change {
  let change: Change = 'kept'
  for (const action of actions) {
    const { target } = action
    const relation = relate(part, target)
    if (relation === 'beside') continue
    if (relation === 'below') {
      throw refused(
        table,
        token,
        `'${formatPath(target)}' is a part of '${formatPath(part)}', which it is of. SET the whole of that`,
      )
    }
    if (action.clause === 'REMOVE') change = 'removed'
    else if (isSetTo(action)) {
      const value = valueAt(given[action.operand.value], part.slice(target.length))
      change = value === undefined ? 'removed' : { value }
    } else {
      throw refused(
        table,
        token,
        `DynamoDB would compute '${formatPath(part)}', which it is of. Load the value, and SET what becomes of it`,
      )
    }
  }
  return change
}

/** Of a key attribute the value is known, whatever the update writes. */
function partOf(
  table: KnownTable,
  token: ItemToken,
  change: Change,
  path: AttributePath,
  { Key }: Item,
): unknown {
  if (typeof change === 'object') return change.value
  const { paths } = token.definition
  const key = path.length === 1 && table.keyNames.includes(String(path[0])) ? valueAt(Key, path) : undefined
  if (key !== undefined) return key
  throw refused(
    table,
    token,
    `it is of ${[...paths, ...(token.tenant === undefined ? [] : [token.tenant])].map(formatPath).join(', ')}, and the update says nothing of '${formatPath(path)}'. SET all of them`,
  )
}

type SetTo = UpdateAction & { readonly clause: 'SET'; readonly operand: { readonly kind: 'value' } }

function isSetTo(action: UpdateAction): action is SetTo & { readonly operand: { readonly value: string } } {
  return action.clause === 'SET' && action.operand.kind === 'value'
}

function isAbove(target: AttributePath, path: AttributePath): boolean {
  return relate(path as readonly (string | number)[], target) === 'above'
}

function isEmpty(members: unknown): boolean {
  return (Array.isArray(members) && members.length === 0) || (members instanceof Set && members.size === 0)
}

/** An application writes no tokens, neither by name nor in what holds them. */
function refuseWriting(table: KnownTable, { path }: ItemToken, actions: readonly UpdateAction[]): void {
  for (const { target } of actions) {
    const relation = relate(path, target)
    if (relation === 'at' || relation === 'below') throw isComputed(table, path)
  }
}

/**
 * Under another name a token would be data, and stay when its value is another one.
 *
 * @throws {DocumentClientError} `update-refused`
 */
export function refuseCopying(
  table: KnownTable,
  { path }: ItemToken,
  actions: readonly UpdateAction[],
): void {
  for (const action of actions) {
    if (action.clause !== 'SET') continue
    const copied = pathsOf(action.operand).find(from => relate(path, from) !== 'beside')
    if (copied === undefined) continue
    throw new DocumentClientError(
      'update-refused',
      `The update takes '${formatPath(copied)}' of table ${table.name} for '${formatPath(action.target)}', and '${formatPath(path)}' is a search token, which is no data. Load what it is of, and SET that.`,
    )
  }
}

function refuseUnknownKind(table: KnownTable, kind: unknown, token: ItemToken): void {
  if (table.isKnown(kind) || table.kinds.every(({ tokens = [] }) => tokens.includes(token))) return
  if (table.kinds.every(({ name }) => name === undefined)) return
  throw refused(
    table,
    token,
    `only some kinds of items have it, and the update does not say of which kind its item is. Ask for it with a ConditionExpression, '${table.kindAttribute} = :kind', or set '${table.kindAttribute}'`,
  )
}

function refused(table: KnownTable, { path }: ItemToken, why: string): DocumentClientError {
  return new DocumentClientError(
    'update-refused',
    `The search token '${formatPath(path)}' of table ${table.name} would not fit its value any more: ${why}.`,
  )
}
