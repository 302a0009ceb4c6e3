// Random filters over tokens and over what is in clear: what is found is what the same filter finds in a table in clear.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { search } from '@dynaseal/document-client'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { createSearchTable, TABLE, withSearchTable } from '../../support/searchTable.js'
import { EAST, type World } from '../../support/world.js'
import { declaredClient } from './declaredClient.js'

const TWIN = 'twin'
const RUNS = Number(process.env.DYNASEAL_RUNS ?? 150)
let world: World
let finder: ReturnType<typeof declaredClient>
let clear: DynamoDBDocumentClient

const normalized = (text: string) => text.trim().toLowerCase()
/** Many, so that some have a token of 8 bits that is another one's. */
const emails = Array.from({ length: 300 }, (_, n) => `Secret${n}@Example.com`)
const email = fc.constantFrom(...emails, ...emails.map(each => ` ${each.toUpperCase()}`))
const name = fc.constantFrom('secret Ada', 'Secret ada ', 'secret Bob', 'secret 😀')
const tag = fc.constantFrom('secret-1', 'secret-2', 'secret-3')
const city = fc.constantFrom('Bergen', 'Oslo')
const street = fc.constantFrom('secret street', 'secret road')
const person = fc.record(
  {
    email,
    name,
    tags: fc.uniqueArray(tag, { minLength: 1 }).map(tags => new Set(tags)),
    city,
    address: fc.record({ street, zip: city }, { requiredKeys: [], noNullPrototype: true }),
    nr: fc.nat(3),
  },
  { requiredKeys: [], noNullPrototype: true },
)
type Person = typeof person extends fc.Arbitrary<infer PERSON> ? PERSON : never

/** With what tokens are of where the tokens would be. */
function inClear(pk: string, { email, name, tags, city, address, ...person }: Person) {
  const street = address?.street
  return {
    ...person,
    ...(email !== undefined && { email, gsi: normalized(email), shortToken: normalized(email) }),
    ...(name !== undefined && { name, nameToken: name, bothToken: JSON.stringify([pk, normalized(name)]) }),
    ...(name !== undefined && city !== undefined && { pairToken: JSON.stringify([name, city]) }),
    ...(tags !== undefined && { tags, tagsToken: tags }),
    ...(city !== undefined && { city, lsi: city }),
    ...(address !== undefined && { address: { ...address, ...(street && { streetToken: street }) } }),
  }
}

const PK = 'random'
withSearchTable(async (made, keys) => {
  world = made
  await createSearchTable(world, TWIN)
  finder = declaredClient(world, keys)
  const base = new DynamoDBClient({ ...world.config(EAST), endpoint: world.cloud.endpoint })
  clear = DynamoDBDocumentClient.from(base)
  const writers = keys.map(key => declaredClient(world, [key]))
  for (const [at, one] of fc.sample(person, { numRuns: 60, seed: 7 }).entries()) {
    const key = { pk: PK, sk: `${at}`, at }
    await writers[at % 3]!.send(new PutCommand({ TableName: TABLE, Item: { ...key, ...one } }))
    await clear.send(new PutCommand({ TableName: TWIN, Item: { ...key, ...inClear(PK, one) } }))
  }
})

/** A filter, whose `?` are values: as they are given, and in clear. */
interface Filter {
  readonly text: string
  readonly values: readonly (readonly [given: unknown, inClear: unknown])[]
}
const same = (value: fc.Arbitrary<string>) => value.map(each => [search(each), each] as const)
const ofEmail = email.map(each => [search(each), normalized(each)] as const)
const both = name.map(each => [search([PK, each]), JSON.stringify([PK, normalized(each)])] as const)
const pair = fc.tuple(name, city).map(each => [search(each), JSON.stringify(each)] as const)
const compared: fc.Arbitrary<Filter> = fc
  .constantFrom(
    ...([
      ['gsi', ofEmail],
      ['shortToken', ofEmail],
      ['nameToken', same(name)],
      ['lsi', same(city)],
      ['bothToken', both],
      ['pairToken', pair],
      ['address.streetToken', same(street)],
    ] as const),
  )
  .chain(([token, value]) =>
    fc.oneof(
      fc
        .tuple(fc.constantFrom(`${token} = ?`, `? = ${token}`), value)
        .map(([text, one]) => ({ text, values: [one] })),
      fc
        .array(value, { minLength: 1, maxLength: 40, size: 'max' })
        .map(values => ({ text: `${token} IN (${values.map(() => '?').join(', ')})`, values })),
    ),
  )
const contained = same(tag).map((one): Filter => ({ text: 'contains(tagsToken, ?)', values: [one] }))
const searched = fc.oneof({ weight: 4, arbitrary: compared }, { weight: 1, arbitrary: contained })
const plain = (text: string, ...values: unknown[]): Filter => ({
  text,
  values: values.map(each => [each, each]),
})
const inTheClear = fc.constantFrom(
  plain('nr = ?', 1),
  plain('? < nr', 0),
  plain('nr BETWEEN ? AND ?', 1, 2),
  plain('address.zip = ?', 'Oslo'),
  plain('size(city) > ?', 4),
  plain('attribute_exists(email)'),
  plain('attribute_not_exists(address.street)'),
  plain('attribute_exists(tagsToken)'),
)
const inside = (one: Filter) => (/ (AND|OR) |^NOT /.test(one.text) ? `(${one.text})` : one.text)
const joined = (operator: string, ...all: Filter[]): Filter => ({
  text: all.map(inside).join(` ${operator} `),
  values: all.flatMap(({ values }) => values),
})
const filter = fc.letrec<{ filter: Filter }>(tie => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    { weight: 4, arbitrary: searched },
    { weight: 2, arbitrary: fc.tuple(tie('filter'), inTheClear).map(both => joined('AND', ...both)) },
    { weight: 3, arbitrary: fc.tuple(tie('filter'), tie('filter')).map(both => joined('AND', ...both)) },
    { weight: 3, arbitrary: fc.tuple(searched, searched, searched).map(all => joined('or', ...all)) },
    { weight: 1, arbitrary: fc.tuple(tie('filter'), tie('filter')).map(both => joined('OR', ...both)) },
    { weight: 1, arbitrary: fc.tuple(tie('filter'), inTheClear).map(both => joined('OR', ...both)) },
    { weight: 1, arbitrary: tie('filter').map(one => ({ ...one, text: `NOT ${inside(one)}` })) },
  ),
})).filter

/** All pages of a query with the filter. */
async function found(
  client: Pick<DynamoDBDocumentClient, 'send'>,
  TableName: string,
  { text, values }: Filter,
) {
  const side = TableName === TABLE ? 0 : 1
  let count = 0
  const input = {
    ...{ TableName, Limit: 37, KeyConditionExpression: 'pk = :pk' },
    FilterExpression: text.replaceAll('?', () => `:ds_${count++}`),
    ExpressionAttributeValues: {
      ':pk': PK,
      ...Object.fromEntries(values.map((each, index) => [`:ds_${index}`, each[side]])),
    },
  }
  const all: unknown[] = []
  let ExclusiveStartKey: Record<string, unknown> | undefined
  do {
    const page = await client.send(
      new QueryCommand({ ...input, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
    )
    expect(page.Count).toBe(page.Items?.length)
    all.push(...(page.Items ?? []).map(({ sk }) => sk))
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  return all
}

test('a filter finds what it finds in clear, or is refused, and tells nobody what it searches for', {
  timeout: 60_000,
}, async () => {
  let telling = 0
  world.proxy.sent.length = 0
  await fc.assert(
    fc.asyncProperty(filter, async one => {
      const theirs = await found(clear, TWIN, one)
      const ours = await found(finder, TABLE, one).catch((error: unknown) => {
        expect(error).toMatchObject({ name: 'DocumentClientError', code: 'condition-refused' })
      })
      if (ours === undefined) return
      expect(ours).toEqual(theirs)
      if (ours.length > 0 && ours.length < 60) telling++
    }),
    { numRuns: RUNS },
  )
  expect(telling).toBeGreaterThan(RUNS / 10)
  expect(leaks(world.proxy.sent, ['secret', 'Secret', 'SECRET'])).toEqual([])
})
