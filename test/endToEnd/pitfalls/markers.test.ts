// What dynamodb-toolbox does with markers and transformers on the way to a command: nothing is sent in clear for it.
import { marshall } from '@aws-sdk/util-dynamodb'
import { encrypted } from '@dynaseal/toolbox'
import * as toolbox from 'dynamodb-toolbox'
import { $add, $append, $get, $set, $subtract, $sum, executeTransactWrite } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import {
  ciphertext,
  client,
  key,
  load,
  NUMBER,
  SECRET,
  secret,
  stored,
  thrownBy,
  User,
  Users,
  users,
  world,
} from './users.js'

describe('2. a marker that is a plain object vanishes in updates: ours is a binary leaf', () => {
  const update = () => ({
    ...key,
    text: SECRET,
    address: $set({ city: SECRET, country: 'NO' }),
    nested: { shut: SECRET },
    codes: { 0: SECRET },
    byName: { first: SECRET },
  })

  test('every value of an update arrives, and as ciphertext', async () => {
    await users.put({ ...key, nested: { open: 'o', shut: 's' }, codes: ['c'], byName: {} })
    await users.update(update())
    const arrived = (value: unknown, container = value) => ({
      text: value,
      address: container,
      nested: { open: 'o', shut: value },
      codes: [value],
      byName: { first: value },
    })
    expect(await stored()).toMatchObject(arrived(ciphertext))
    expect(await load()).toMatchObject(arrived(SECRET, { city: SECRET, country: 'NO' }))
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test.each([{}, { convertClassInstanceToMap: true }])('unwrapped it is refused, with %o', async options => {
    const { ExpressionAttributeValues } = User.build(toolbox.UpdateItemCommand).item(update()).params()
    expect(String(await thrownBy(() => marshall(ExpressionAttributeValues, options)))).toContain(
      'sealDocumentClient()',
    )
  })
})

describe('3. transform: false in a condition evades the marker: paths are guarded, not values', () => {
  const condition = { attr: 'text', eq: SECRET, transform: false } as const
  const renamed = { ...condition, attr: 'renamed' } as const
  const filters = { User: condition }
  test.each<[string, () => unknown]>([
    ['a delete', () => users.delete(key, { condition })],
    ['a put', () => users.put(secret(), { condition })],
    ['an update', () => users.update(key, { condition })],
    ['an attribute that is saved under another name', () => users.delete(key, { condition: renamed })],
    ['a query', () => users.query({ partition: 'a' }, { filters })],
    ['a scan', () => users.scan({ filters })],
    ['a scan without entities', () => Users.build(toolbox.ScanCommand).options({ filter: condition }).send()],
    ['a transaction', () => executeTransactWrite(users.transactCheck(key, condition))],
  ])('in %s', async (_, attempt) => {
    expect(await thrownBy(attempt)).toMatchObject({ code: 'condition-refused' })
    expect(world.proxy.sent).toEqual([])
  })
})

describe('7. a schema that is rebuilt from a DTO has lost its transformers: registration refuses it', () => {
  const { anyOf, list, map, nul, record, string, tuple } = toolbox
  test.each([
    ['a list', list(encrypted(string()))],
    ['a map', map({ y: encrypted(string()) })],
    ['a record', record(string(), encrypted(string()))],
    ['a tuple', tuple(string(), encrypted(string()))],
    ['an alternative', anyOf(nul(), encrypted(string()))],
  ])('in %s, too (failsClosed/rebuilt.test.ts has the rest)', async (_, x) => {
    const schema = toolbox.item({ pk: string().key(), sk: string().key(), x })
    const dto = JSON.parse(JSON.stringify(schema.build(toolbox.SchemaDTO)))
    const rebuilt = toolbox.fromSchemaDTO(dto) as unknown as typeof schema
    const Rebuilt = new toolbox.Entity({ name: 'User', table: Users, schema: rebuilt })
    const error = await thrownBy(() => client.register(Rebuilt))
    expect(error).toMatchObject({
      code: 'invalid-schema',
      message: expect.stringMatching(/'x.*Annotate it again/),
    })
  })
})

describe('10. updates that compute would send operands in clear or copy ciphertext, and a partial one would replace', () => {
  test.each([
    ['$add on a number', { amount: $add(NUMBER) }],
    ['$sum on a number', { amount: $sum(NUMBER, 1) }],
    ['$subtract on a number', { amount: $subtract($get('amount') as never, NUMBER) }],
    ['$add on a set', { tags: $add(new Set([SECRET])) }],
    ['$append to an encrypted list', { names: $append([SECRET]) }],
    ['a bare map, which would be a partial update', { address: { city: SECRET } }],
    ['a bare list, which would be an update by index', { names: [SECRET] }],
    ['$get of an encrypted attribute into a clear one', { plain: $get('text') }],
    ['$get of a clear attribute into an encrypted one', { text: $get('plain') }],
    ['$get of an encrypted attribute into another', { text: $get('renamed') }],
  ])('%s is refused, with what to do instead', async (_, given) => {
    const error = await thrownBy(() => users.update({ ...key, ...given } as never))
    expect(error).toMatchObject({ code: 'update-refused', message: expect.stringMatching(/Load|\$set/) })
    expect(world.proxy.sent).toEqual([])
  })

  test('$get with a fallback for the same attribute works', async () => {
    await users.put(key)
    await users.update({ ...key, level: $get('level', 'low') })
    expect(await load()).toMatchObject({ level: 'low' })
  })
})
