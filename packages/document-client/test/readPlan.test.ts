// What is remembered of the form of a query, and for whom. What comes of it is tested from end to end, in search/plans.test.ts.
import { createFormat } from '@dynaseal/core'
import { expect, test } from 'vitest'
import { ClientFeatures } from '../src/client/features.js'
import { dialect } from '../src/declared/dialect.js'
import { itemToken } from '../src/search/itemToken.js'
import { readPlan } from '../src/search/readPlan.js'
import { search } from '../src/search/searched.js'
import { Tables } from '../src/tables/tables.js'

const unused = () => Promise.reject(new Error('Nothing is sealed or searched for here.'))
const format = createFormat({ keyring: { onEncrypt: unused, onDecrypt: unused } })
const maker = { write: unused, find: unused, check: unused }
const features = new ClientFeatures([{ search: { checkTokens() {}, checkKeyTokens() {} } as never }], dialect)

/** A table with a token of one attribute, as a client of its own knows it. */
function newTables() {
  const tables = new Tables(dialect, name => name, format, [], maker, features)
  const add = (of: string, kind?: string) =>
    tables.add(
      {
        tableName: 'people',
        keyNames: ['pk'],
        indexKeyNames: ['gsi'],
        kindAttribute: kind === undefined ? undefined : 'kind',
      },
      {
        name: kind,
        encrypted: [['email'], ['name']],
        clear: 'the rest',
        binary: [],
        isNamed: true,
        tokens: [itemToken(['gsi'], { of: [[of]] })],
      },
    )
  const plan = (input: object) =>
    readPlan(tables.table('people'), {
      TableName: 'people',
      IndexName: 'byEmail',
      KeyConditionExpression: 'gsi = :e',
      ExpressionAttributeValues: { ':e': search('ada@example.com') },
      ...input,
    })
  return { add, plan }
}

test('a command of a form that was seen has its plan, whatever its values are', () => {
  const { add, plan } = newTables()
  add('email')
  const first = plan({})
  expect(first).toBeDefined()
  expect(plan({})).toBe(first)
  expect(plan({ ExpressionAttributeValues: { ':e': search('another') } })).toBe(first)
  expect(plan({ Limit: 5, ScanIndexForward: false })).toBe(first)
})

test('another form has another plan', () => {
  const { add, plan } = newTables()
  add('email')
  const values = { ':e': search('ada@example.com') }
  const forms = [
    {},
    { IndexName: 'other' },
    { Select: 'ALL_ATTRIBUTES' },
    { KeyConditionExpression: 'gsi  = :e' },
    { FilterExpression: 'born = :b' },
    { ProjectionExpression: 'born' },
    { KeyConditionExpression: 'gsi = :f', ExpressionAttributeValues: { ':f': search('x') } },
    { KeyConditionExpression: '#k = :e', ExpressionAttributeNames: { '#k': 'gsi' } },
    { KeyConditionExpression: '#k = :e', ExpressionAttributeNames: { '#k': 'gsi', '#other': 'gsi' } },
    { FilterExpression: 'gsi IN (:e, :f)', ExpressionAttributeValues: { ...values, ':f': search('x') } },
  ]
  const plans = forms.map(plan)
  expect(plans).not.toContain(undefined)
  expect(new Set(plans).size).toBe(forms.length)
  expect(forms.map(plan)).toEqual(plans)
})

test('nothing of a form is taken for a part of another', () => {
  const { add, plan } = newTables()
  add('email')
  const named = (names: object) => plan({ FilterExpression: 'born = :b', ExpressionAttributeNames: names })
  expect(named({ '#a': 'b', '#c': 'd' })).not.toBe(named({ '#a': 'b#c:d' }))
  expect(named({ '#a': 'b', '#c': 'd' })).not.toBe(named({ '#a': 'b2:#c1:d' }))
  expect(plan({ IndexName: 'ab' })).not.toBe(plan({ IndexName: 'a', Select: 'b-' }))
})

test('neither another client nor another table has it', () => {
  const [one, other] = [newTables(), newTables()]
  one.add('email')
  other.add('name')
  const paths = ({ plan }: typeof one) => plan({})?.search.tests.map(({ token }) => token.definition.paths)
  expect(paths(one)).toEqual([[['email']]])
  expect(paths(other)).toEqual([[['name']]])
})

test('when a kind of items is added, all is planned anew', () => {
  const { add, plan } = newTables()
  add('email', 'Person')
  const first = plan({})
  add('email', 'Customer')
  expect(plan({})).not.toBe(first)
  add('name', 'Order')
  expect(() => plan({})).toThrow(/items of one kind/)
})

test('a kind that is asked for by its name has a plan of its own, and a name of none has none', () => {
  const { add, plan } = newTables()
  add('email', 'Person')
  add('name', 'Order')
  const of = (kind: unknown) =>
    plan({
      FilterExpression: 'kind = :kind',
      ExpressionAttributeValues: { ':e': search('x'), ':kind': kind },
    })
  const paths = (kind: unknown) => of(kind)?.search.tests.map(({ token }) => token.definition.paths)
  for (let round = 0; round < 2; round++) {
    expect(paths('Person')).toEqual([[['email']]])
    expect(paths('Order')).toEqual([[['name']]])
    for (const unknown of ['Parcel', 'Pigeon', 7, undefined])
      expect(() => of(unknown)).toThrow(/items of one kind/)
  }
  expect(of('Person')).toBe(of('Person'))
})

test('what depends on names that no kind has is planned each time', () => {
  const { add, plan } = newTables()
  add('email', 'Person')
  const of = (a: string, b: string) =>
    plan({
      KeyConditionExpression: 'pk = :pk',
      FilterExpression: '(kind = :a AND gsi = :e) OR (kind = :b AND born = :born)',
      ExpressionAttributeValues: { ':e': search('x'), ':a': a, ':b': b },
    })
  expect(of('Pigeon', 'Parcel')).toBeDefined()
  expect(() => of('Pigeon', 'Pigeon')).toThrow(/an OR with something else/)
})

test('a refusal is not remembered in the place of a plan, nor a plan in that of a refusal', () => {
  const { add, plan } = newTables()
  add('email')
  for (let round = 0; round < 2; round++) {
    expect(plan({})).toBeDefined()
    expect(() => plan({ ExpressionAttributeValues: { ':e': 'ada@example.com' } })).toThrow(/goes into search/)
    const twice = { ':e': search('ada@example.com'), ':stray': search('x') }
    expect(() => plan({ ExpressionAttributeValues: twice })).toThrow(/no search token/)
    expect(() => plan({ Select: 'COUNT' })).toThrow(/has to be compared/)
  }
})

test('those that were used last are kept, a hundred of them, and none that is long', () => {
  const { add, plan } = newTables()
  add('email')
  const first = plan({})
  const second = plan({ IndexName: '0' })
  for (let index = 1; index < 99; index++) plan({ IndexName: `${index}` })
  expect(plan({})).toBe(first)
  plan({ IndexName: '99' })
  expect(plan({})).toBe(first)
  expect(plan({ IndexName: '0' })).not.toBe(second)
  const long = { FilterExpression: `born = :b${' '.repeat(5000)}` }
  expect(plan(long)).not.toBe(plan(long))
})
