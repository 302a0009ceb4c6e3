import { GetCommand } from '@aws-sdk/lib-dynamodb'
import { encrypted, openPartially, type SealedDocumentClient } from '@dynaseal/toolbox'
import { anyOf, Entity, item, list, map, PutItemCommand, record, ScanCommand, string } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { EAST } from '../../support/world.js'
import { attacked, consistent, get, key, keys, NOT_OPENED, ssn, tableName, tableOf, world } from './tables.js'

describe('what stands above an encrypted path', () => {
  const payoutOf = (client: SealedDocumentClient) => {
    const schema = item({
      ...keys,
      payout: map({
        bank: string().optional(),
        iban: encrypted(string()).optional(),
        value: encrypted(string()).optional(),
      }),
      cards: list(map({ number: encrypted(string()).optional() })).optional(),
      byName: record(string(), map({ pin: encrypted(string()).optional() })).optional(),
    })
    const E = new Entity({ name: 'E', table: tableOf(client), timestamps: false, schema })
    client.register(E)
    return E
  }

  test.each<[string, string, unknown]>([
    ['a number', 'payout', { N: '17' }],
    ['a string', 'payout', { S: 'iban' }],
    ['a set', 'payout', { SS: ['iban'] }],
    ['bytes', 'payout', { B: 'aWJhbg==' }],
    ['a list', 'payout', { L: [{ S: 'planted' }] }],
    ['a map in place of a list', 'cards', { M: { 0: { M: { number: { S: 'planted' } } } } }],
    ['a list in place of a record', 'byName', { L: [{ M: { pin: { S: 'planted' } } }] }],
    ['a number in a list', 'cards', { L: [{ N: '17' }] }],
    ['a number in a record', 'byName', { M: { x: { N: '17' } } }],
  ])('is no plain container of its kind: %s', async (_, name, planted) => {
    for (const wrapNumbers of [false, true]) {
      const client = world.sealedClient(EAST, {}, { unmarshallOptions: { wrapNumbers } })
      const E = payoutOf(client)
      await attacked(E, { payout: { iban: 'sealed', value: 'sealed' } }, stored => {
        stored[name] = planted
      })
      await expect(get(E)).rejects.toMatchObject(NOT_OPENED)
      const raw = client.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))
      await expect(raw).rejects.toMatchObject({
        failures: [{ code: 'not-a-message', path: expect.arrayContaining([name]) }],
      })
      const { result, unopened } = await openPartially(() =>
        E.table.build(ScanCommand).entities(E).options({ consistent }).send(),
      )
      expect([result.Items, unopened.length]).toEqual([[], 1])
    }
  })

  test('may be a clear alternative that the schema declares, or nothing', async () => {
    const client = world.sealedClient(EAST)
    const E = new Entity({
      name: 'E',
      table: tableOf(client),
      timestamps: false,
      schema: item({
        ...keys,
        either: anyOf(string(), map({ iban: ssn() }), list(string()), list(map({ iban: ssn() }))),
        none: map({ iban: ssn() }).optional(),
      }),
    })
    client.register(E)
    for (const either of ['in clear', { iban: 'sealed' }, ['in clear'], [{ iban: 'sealed' }], {}, []]) {
      await E.build(PutItemCommand)
        .item({ ...key, either } as never)
        .send()
      expect(await get(E)).toEqual({ ...key, either })
    }
  })
})
