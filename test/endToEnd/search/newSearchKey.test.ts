// While the search key is changed, and items get new tokens: each is found, and found once.
import { expect, test } from 'vitest'
import { all, ats, byEmail, type Client, keys, put, world } from './byEmail.js'
import { declaredClient } from './declaredClient.js'

test.each([
  ['before it writes with the new search key', 0, 1],
  ['after that', 1, 0],
])(
  'an item that gets a new token between two queries of a client is found once, %s',
  async (_, one, other) => {
    const email = `moving${one}@example.com`
    const item = { pk: 'm', sk: `${one}`, at: 1, email }
    await put(declaredClient(world, [keys[0]]), item)
    const writer = declaredClient(world, [keys[1]])
    let queries = 0
    const client = declaredClient(world, [keys[one]!, keys[other]!], {
      between: async (_, send) => {
        const output = await send()
        if (++queries === 1) await put(writer, item)
        return output
      },
    })
    expect(ats(await all(client, email))).toEqual([1])
    expect(queries).toBe(2)
  },
)

test('an item that gets a new token between two pages is found, also where the newer one had ended', async () => {
  const email = 'paged@example.com'
  const people = [1, 2, 3, 4].map(at => ({ pk: 'p', sk: `${at}`, at, email }))
  for (const person of people) await put(declaredClient(world, [keys[0]]), person)
  const client = declaredClient(world, [keys[1], keys[0]])
  const { Items: first, LastEvaluatedKey } = await client.send(byEmail(email, { Limit: 2 }))
  await put(client, people[3]!)
  const rest = await all(client, email, { Limit: 2, ExclusiveStartKey: LastEvaluatedKey })
  expect([...(first ?? []), ...rest.flat()].map(({ at }) => at)).toEqual([1, 2, 3, 4])
})

test('a change of the search key under load finds everything at each step', async () => {
  const email = 'rotation@example.com'
  const people = Array.from({ length: 16 }, (_, at) => ({ pk: 'r', sk: `${at}`, at, email }))
  const [first, second] = keys
  const steps = [
    declaredClient(world, [first]),
    declaredClient(world, [first, second]),
    declaredClient(world, [second, first]),
  ]
  for (const person of people) await put(steps[0]!, person)
  const expected = new Set(people.map(({ at }) => at))
  const found = async (client: Client) => new Set(ats(await all(client, email, { Limit: 5 })))
  // Processes of two neighbouring steps run at a time.
  for (const [older, newer] of [
    [0, 1],
    [1, 2],
  ] as const) {
    let isDone = false
    const load = (async () => {
      while (!isDone)
        for (const client of [steps[newer]!, steps[older]!]) expect(await found(client)).toEqual(expected)
    })()
    for (const person of people.slice(0, 8)) await put(steps[newer]!, person)
    isDone = true
    await load
  }
  const load = (async () => {
    for (let i = 0; i < 3; i++) expect(await found(steps[2]!)).toEqual(expected)
  })()
  for (const person of people) await put(steps[2]!, person)
  await load
  expect(await found(declaredClient(world, [second]))).toEqual(expected)
  expect(await found(declaredClient(world, [first]))).toEqual(new Set())
})
