// A tenant for each partition: a context and a KMS key each, through the toolbox.
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { combineKeyrings, type KeyringOfContext } from '@dynaseal/core'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, openPartially } from '@dynaseal/toolbox'
import {
  BatchPutRequest,
  BatchWriteCommand,
  executeBatchWrite,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorld, EAST, type World } from '../../support/world.js'
import { type Attributes, type Buildable, on } from '../matrix/loose.js'
import type { Seal } from '../matrix/placement.js'
import { createTable, people, storedIn } from './people.js'

const TENANTS = 50
const ITEMS = 1000
let world: World
let kms: KMSClient

beforeAll(async () => {
  world = await createWorld()
  kms = new KMSClient(world.config(EAST))
})
afterAll(async () => {
  kms.destroy()
  await world.stop()
})

const newKey = async () =>
  (await kms.send(new CreateKeyCommand({ MultiRegion: true }))).KeyMetadata?.Arn as string
const keyringOf = (arn: string) =>
  new MrkKeyring({
    keyArns: [arn],
    region: EAST,
    hedge: false,
    attemptTimeout: 20_000,
    timeout: 25_000,
    client: region => new KMSClient({ ...world.config(region), maxAttempts: 1 }),
  })
const calls = (operation: string) => world.cloud.calls({ service: 'kms', operation }).length

function open(tableName: string, options: object) {
  const { table, Person } = people(world.sealedClient(EAST, options), tableName, encrypted as Seal)
  return { table: table as unknown as Buildable, Person: Person as Buildable }
}

describe('a context and a key for each of 50 tenants', () => {
  const arns = new Map<string, string>()
  const tenantOf = (_: string, { pk }: Readonly<Record<string, unknown>>) => ({
    tenant: String(pk).split('#')[0]!,
  })
  const keyring: KeyringOfContext = ({ tenant }) => keyringOf(arns.get(tenant!)!)
  const client = () => open('tenants', { encryptionContext: tenantOf, keyring })
  const keyOf = (index: number) => ({ pk: `t${index % TENANTS}#${index % 100}`, sk: String(index) })
  const scan = async ({ table, Person }: ReturnType<typeof client>) => {
    const items: Attributes[] = []
    let exclusiveStartKey: unknown
    do {
      const page = await on(table, ScanCommand)
        .entities(Person)
        .options({ exclusiveStartKey, consistent: true })
        .send()
      items.push(...(page.Items as Attributes[]))
      exclusiveStartKey = page.LastEvaluatedKey
    } while (exclusiveStartKey !== undefined)
    return items
  }

  beforeAll(async () => {
    await createTable(world, 'tenants')
    for (let tenant = 0; tenant < TENANTS; tenant++) arns.set(`t${tenant}`, await newKey())
    const { table, Person } = client()
    world.cloud.clearCalls()
    for (let from = 0; from < ITEMS; from += 25) {
      const requests = Array.from({ length: 25 }, (_, i) =>
        on(Person, BatchPutRequest).item({ ...keyOf(from + i), text: `secret ${from + i}` }),
      )
      await executeBatchWrite(on(table, BatchWriteCommand).requests(...requests) as never)
    }
    expect(calls('GenerateDataKey')).toBe(TENANTS)
  }, 120_000)

  test('1,000 items cost a process that has no data key yet 50 calls of KMS, each with the pairs of its tenant', async () => {
    world.cloud.clearCalls()
    const reader = client()
    const items = await scan(reader)
    expect(items).toHaveLength(ITEMS)
    for (const { sk, text } of items) expect(text).toBe(`secret ${sk}`)
    const asked = world.cloud.calls({ service: 'kms' })
    expect(asked.map(({ operation }) => operation)).toEqual(Array(TENANTS).fill('Decrypt'))
    for (const { keyId, encryptionContext } of asked)
      expect(keyId).toBe(arns.get(encryptionContext?.tenant as string))
    await scan(reader)
    expect(calls('Decrypt')).toBe(TENANTS)
  }, 120_000)

  test("one tenant's key is disabled: its items fail, and no others", async () => {
    await kms.send(new DisableKeyCommand({ KeyId: arns.get('t7') }))
    const { result, unopened } = await openPartially(() => scan(client()))
    const lost = ITEMS / TENANTS
    expect(unopened).toHaveLength(lost)
    for (const { key, failures } of unopened) {
      expect(key.pk).toMatch(/^t7#/)
      expect(failures).toMatchObject([{ code: 'key-unavailable', path: ['text'] }])
    }
    expect(result).toHaveLength(ITEMS - lost)
    expect(result.filter(({ pk }) => String(pk).startsWith('t7#'))).toEqual([])

    const writer = client().Person
    const put = (pk: string) => on(writer, PutItemCommand).item({ pk, sk: 'new', text: 'secret' }).send()
    await expect(put('t7#1')).rejects.toMatchObject({ code: 'key-unavailable' })
    await put('t8#1')
  }, 120_000)

  test("an item that is moved to another tenant's partition does not open", async () => {
    const stored = await storedIn(world, 'tenants', keyOf(1))
    const { PutCommand } = await import('@aws-sdk/lib-dynamodb')
    await world
      .rawClient(EAST)
      .send(new PutCommand({ TableName: 'tenants', Item: { ...stored, pk: 't2#moved' } }))
    const get = on(client().Person, GetItemCommand).key({ pk: 't2#moved', sk: '1' })
    await expect(get.options({ consistent: true }).send()).rejects.toMatchObject({
      failures: [{ code: 'wrong-context' }],
    })
  })
})

test('a key is changed for another, in steps, while both are in use, and the old one ends', async () => {
  const name = 'changing'
  await createTable(world, name)
  const [oldArn, newArn] = [await newKey(), await newKey()]
  const [oldKey, newKeyring] = [keyringOf(oldArn), keyringOf(newArn)]
  const get = async ({ Person }: ReturnType<typeof open>, sk: string) =>
    (await on(Person, GetItemCommand).key({ pk: 'a', sk }).options({ consistent: true }).send()).Item
  const put = ({ Person }: ReturnType<typeof open>, sk: string, text: string) =>
    on(Person, PutItemCommand).item({ pk: 'a', sk, text, amount: 1 }).send()

  const before = open(name, { keyring: oldKey })
  await put(before, '1', 'under the old key')
  await put(before, '2', 'under the old key')

  // First, all read under both.
  const readers = open(name, { keyring: combineKeyrings({ sealWith: oldKey, openWith: [newKeyring] }) })
  // Then they write under the new one.
  const writers = open(name, { keyring: combineKeyrings({ sealWith: newKeyring, openWith: [oldKey] }) })
  await put(writers, '3', 'under the new key')
  await on(writers.Person, UpdateItemCommand)
    .item({ pk: 'a', sk: '1', text: 'an update under the new key' })
    .send()
  for (const client of [readers, writers]) {
    // Short fields under one key, and a full one under the other, in one item.
    expect(await get(client, '1')).toMatchObject({ text: 'an update under the new key', amount: 1 })
    expect(await get(client, '2')).toMatchObject({ text: 'under the old key' })
    expect(await get(client, '3')).toMatchObject({ text: 'under the new key' })
  }
  const generated = world.cloud.calls({ service: 'kms', operation: 'GenerateDataKey' }).slice(-2)
  expect(generated.map(({ keyId }) => keyId)).toEqual([oldArn, newArn])

  // At last, everything is written again, and the old key ends.
  for (const sk of ['1', '2']) await put(writers, sk, 'under the new key')
  await kms.send(new DisableKeyCommand({ KeyId: oldArn }))
  const after = open(name, { keyring: newKeyring })
  for (const client of [
    after,
    open(name, { keyring: combineKeyrings({ sealWith: newKeyring, openWith: [oldKey] }) }),
  ])
    for (const sk of ['1', '2', '3'])
      expect(await get(client, sk)).toMatchObject({ text: 'under the new key' })
  await expect(get(open(name, { keyring: oldKey }), '1')).rejects.toMatchObject({
    failures: [{ code: 'key-unavailable' }, { code: 'key-unavailable' }],
  })
})
