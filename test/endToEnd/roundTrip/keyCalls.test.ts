// What round trips ask of KMS, and what becomes of them without it.
import { inspect } from 'node:util'
import {
  BatchPutRequest,
  BatchWriteCommand,
  executeBatchWrite,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { EAST, WEST } from '../../support/world.js'
import { key, loadedPlainly, open, PLAINTEXTS, plainly, withUsers, world } from './users.js'

withUsers()

describe('one KMS call, not a thousand', () => {
  test('200 parallel cold saves: one GenerateDataKey', async () => {
    const { User } = open(EAST)
    world.cloud.clearCalls()
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        User.build(PutItemCommand)
          .item({ pk: 'many', sk: String(i), text: `text ${i}` })
          .send(),
      ),
    )
    expect(world.kmsCalls()).toEqual([`GenerateDataKey ${EAST}`])
  })

  test('1,000 items loaded cold: one Decrypt', async () => {
    const { User, Users } = open(EAST)
    for (let i = 0; i < 1000; i += 25) {
      const puts = Array.from({ length: 25 }, (_, j) =>
        User.build(BatchPutRequest).item({ pk: 'many', sk: String(i + j), text: `text ${i + j}`, amount: i }),
      )
      await executeBatchWrite(Users.build(BatchWriteCommand).requests(...puts))
    }
    await world.cloud.waitForReplication()
    world.cloud.clearCalls()
    const west = open(WEST)
    const { Items } = await west.Users.build(QueryCommand)
      .entities(west.User)
      .query({ partition: 'many' })
      .options({ maxPages: Infinity })
      .send()
    expect(Items).toHaveLength(1000)
    expect(new Set(Items?.map(({ text }) => text)).size).toBe(1000)
    expect(world.kmsCalls()).toEqual([`Decrypt ${WEST}`])
  })
})

describe('a region may die', () => {
  test('a cold read and a cold write go on through the other region, and come back', async () => {
    await open(EAST).User.build(PutItemCommand).item(plainly).send()
    await world.cloud.waitForReplication()
    const heal = world.cloud.fault({ region: WEST, service: 'kms', kind: 'refuse' })
    const west = open(WEST)
    const { Item } = await west.User.build(GetItemCommand).key(key).send()
    expect(Item).toMatchObject(loadedPlainly)
    await west.User.build(PutItemCommand)
      .item({ ...key, sk: '2', text: 'written meanwhile' })
      .send()
    heal()
    world.cloud.clearCalls()
    const recovered = await open(WEST)
      .User.build(GetItemCommand)
      .key({ ...key, sk: '2' })
      .send()
    expect(recovered.Item?.text).toBe('written meanwhile')
    expect(world.kmsCalls()).toEqual([`Decrypt ${WEST}`])
  })

  test('no region at all: nothing is written, and the error names the regions', async () => {
    for (const region of [EAST, WEST]) world.cloud.fault({ region, service: 'kms', kind: 'refuse' })
    const { User } = open(WEST)
    const error = await User.build(PutItemCommand)
      .item(plainly)
      .send()
      .catch((thrown: unknown) => thrown)
    world.cloud.heal()
    expect(error).toMatchObject({ name: 'SealError', code: 'key-unavailable' })
    expect(inspect(error, { depth: 9 })).toMatch(/us-west-2[\s\S]*us-east-1/)
    expect(leaks([Buffer.from(inspect(error, { depth: 9, showHidden: true }))], PLAINTEXTS)).toEqual([])
    const { Item } = await User.build(GetItemCommand).key(key).send()
    expect(Item).toBeUndefined()
  })
})
