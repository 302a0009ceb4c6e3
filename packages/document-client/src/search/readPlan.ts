import type { AttributePath } from '@dynaseal/core'
import type { ItemKind } from '../tables/itemKind.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { Searched } from './searched.js'
import { planSearch, type SearchPlan } from './searchPlan.js'
import { type Widened, widened } from './widened.js'

/** What a query or scan of one form does to search, whatever the values are. */
export interface ReadPlan {
  readonly search: SearchPlan
  /** Names of the key attributes of what is read, where that was told. */
  readonly key: readonly string[] | undefined
  /** Of these and of the table. */
  readonly keyNames: readonly string[]
  readonly widened: Widened
}

/** Forms of one table that are remembered, and characters of one: an application has some tens, and may make them up as it goes. */
const MOST_FORMS = 100
const LONGEST_FORM = 4096

/** Plans by form, in order of use. */
interface Plans {
  readonly byForm: Map<string, ReadPlan>
  /** That which was used last. It is mostly used again, and has its place already: what leaves a map and comes back takes long. */
  last: string | undefined
}

/** By what a table's kinds were. When one is added, they are another list: what was planned before is forgotten. */
const plans = new WeakMap<readonly ItemKind[], Plans>()

/**
 * The plan of a read: that of the last command of the same form, where there was one.
 *
 * @returns nothing where nothing is searched for
 * @throws {DocumentClientError} `condition-refused` or `projection-refused`
 */
export function readPlan(table: KnownTable, input: Item): ReadPlan | undefined {
  const form = formOf(table, input)
  if (form === undefined) return planned(table, input)
  const ofTable = plansOf(table)
  const { byForm, last } = ofTable
  const plan = byForm.get(form) ?? planned(table, input)
  if (last === form) return plan
  // A name that no kind has is in no form.
  if (plan?.search.askedKinds.every(kind => table.isKnown(kind))) {
    ofTable.last = form
    byForm.delete(form)
    byForm.set(form, plan)
    if (byForm.size > MOST_FORMS) byForm.delete(byForm.keys().next().value!)
  }
  return plan
}

function plansOf({ kinds }: KnownTable): Plans {
  let ofTable = plans.get(kinds)
  if (ofTable === undefined) {
    ofTable = { byForm: new Map(), last: undefined }
    plans.set(kinds, ofTable)
  }
  return ofTable
}

function planned(table: KnownTable, input: Item): ReadPlan | undefined {
  const search = planSearch(table, undefined, input, true)
  if (search === undefined) return undefined
  const key = table.keyOf(input.IndexName)
  const isQuery = search.conditions.has('KeyConditionExpression')
  const keyNames = [...new Set([...(isQuery ? (key ?? []) : []), ...table.keyNames])]
  const compared = () => [
    ...search.tests.flatMap(({ token }) => [
      token.path,
      ...token.definition.paths,
      ...(token.tenant === undefined ? [] : [token.tenant]),
    ]),
    ...keyNames.map((name): AttributePath => [name]),
    // By that, alternatives are told apart.
    ...(search.askedKinds.length > 0 ? [[table.kindAttribute!]] : []),
  ]
  return { search, key, keyNames, widened: widened(table, input, compared) }
}

const TEXTS = [
  'IndexName',
  'Select',
  'ConditionExpression',
  'FilterExpression',
  'KeyConditionExpression',
  'ProjectionExpression',
] as const

/**
 * All that a plan is made of: another text for each. Of the values, it has which are searched for, and the names of known kinds,
 * which a schema has; no other ones.
 *
 * @returns nothing for what is not remembered
 */
function formOf(table: KnownTable, input: Item): string | undefined {
  let form = ''
  for (const parameter of TEXTS) {
    const text = input[parameter]
    if (text === undefined) form += '-'
    else if (typeof text === 'string') form += `${text.length}:${text}`
    else return undefined
  }
  const names = (input.ExpressionAttributeNames ?? {}) as Item
  for (const placeholder of Object.getOwnPropertyNames(names)) {
    const name = names[placeholder]
    if (typeof name !== 'string') return undefined
    form += `${placeholder.length}:${placeholder}${name.length}:${name}`
  }
  form += '|'
  const values = (input.ExpressionAttributeValues ?? {}) as Item
  for (const placeholder of Object.keys(values)) {
    const value = values[placeholder]
    if (value instanceof Searched) form += `${placeholder.length}:${placeholder}-`
    else if (typeof value === 'string' && table.isKnown(value))
      form += `${placeholder.length}:${placeholder}${value.length}:${value}`
  }
  return form.length > LONGEST_FORM ? undefined : form
}
