import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { dbEsdkFormat } from '@dynaseal/db-esdk'
import { sealDocumentClient } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { projectOf, type ScanReport, scan, scanExport, type Target, type WireItem } from '../src/api.js'
import { dynamoDbJson } from '../src/inspect/dynamoDbJson.js'
import { renderScan } from '../src/scan/render.js'
import { createWorld, type World } from './support/cloud.js'

const TABLE = 'users'
let world: World

beforeAll(async () => {
  // The other engine holds no two maps for equal.
  world = await createWorld({ engine: 'dynoxide' })
})
afterEach(async () => {
  for (const { id } of await world.items())
    await world.dynamodb.deleteItem({ TableName: TABLE, Key: { id: id! } })
})
afterAll(() => world.stop())

const keyring = () =>
  new MrkKeyring({ keyArns: [...world.keyArns], client: region => new KMS(world.config(region)) })

function clientOf(format: 'whole' | 'fields') {
  const documents = DynamoDBDocumentClient.from(world.dynamodb)
  const client =
    format === 'whole'
      ? sealDocumentClient(documents, { format: dbEsdkFormat({ keyring: keyring() }) })
      : sealDocumentClient(documents, { keyring: keyring() })
  return client.declare({ table: TABLE, key: ['id'], encrypted: ['ssn', 'address'] })
}
const targetOf = async (format: 'whole' | 'fields'): Promise<Target> =>
  (await projectOf({ clients: clientOf(format) })).target(TABLE)
const store = (format: 'whole' | 'fields', id: string, more: object = {}) =>
  clientOf(format).send(
    new PutCommand({ TableName: TABLE, Item: { id, plan: 'pro', ssn: `ssn of ${id}`, ...more } }),
  )
const put = (Item: Record<string, AttributeValue>) => world.dynamodb.putItem({ TableName: TABLE, Item })
const item = async (id: string) => (await world.items()).find(one => one.id!.S === id)!

const rowsOf = ({ entities }: ScanReport) =>
  Object.fromEntries(
    entities.flatMap(({ attributes }) =>
      attributes.map(({ attribute, clear, format1, format2, dbEsdk, notOpened }) => [
        attribute,
        [clear, format1, format2, dbEsdk, notOpened],
      ]),
    ),
  )

describe('scan of items that are sealed as wholes', () => {
  const fill = async () => {
    for (const id of ['a', 'b', 'c']) await store('whole', id)
    await store('whole', 'bare', { ssn: undefined })
    await put({ id: { S: 'clear' }, ssn: { S: '078-05-1120' }, address: { M: {} } })
    await store('fields', 'fields')
    await put({ ...(await item('a')), id: { S: 'moved' } })
    await put({ ...(await item('b')), id: { S: 'b' }, plan: { S: 'free' } })
    const { aws_dbe_foot: _, ...lacking } = await item('c')
    await put({ ...lacking, id: { S: 'lacking' } })
    await put({ ...(await item('c')), id: { S: 'headless' }, aws_dbe_head: { B: Buffer.of(1, 1) } })
  }

  it('counts them by attribute, key and reason', async () => {
    await fill()
    const report = await scan(await targetOf('whole'))
    expect(report.items).toBe(9)
    expect(rowsOf(report)).toEqual({
      address: [1, 0, 0, 0, {}],
      aws_dbe_head: [0, 0, 0, 1, {}],
      ssn: [
        1,
        0,
        1,
        6,
        {
          'key-unavailable': 1,
          'malformed-message': 1,
          'missing-envelope': 1,
          'not-authentic': 1,
          'other-format': 1,
        },
      ],
    })
    const [key] = report.keys
    expect(report.keys).toHaveLength(1)
    expect(world.keyArns).toContain(key!.name)
    // All but the one in clear, the one without a header, and the short field, whose key is in its envelope.
    expect(key!.fields).toBe(6)
    expect(renderScan(report, 80)).toMatch(/^attribute +clear +format 1 +format 2 +DB-ESDK +not opened$/m)
  })

  it('counts what is only signed as in clear', async () => {
    const documents = DynamoDBDocumentClient.from(world.dynamodb)
    const client = sealDocumentClient(documents, { format: dbEsdkFormat({ keyring: keyring() }) })
    client.declare({ table: TABLE, key: ['id'], encrypted: ['address'] })
    await client.send(new PutCommand({ TableName: TABLE, Item: { id: 'a', ssn: '078', address: 'x' } }))
    const report = await scan(await targetOf('whole'))
    expect(rowsOf(report)).toEqual({ address: [0, 0, 0, 1, {}], ssn: [1, 0, 0, 0, {}] })
  })

  it('without KMS finds what can be found so', async () => {
    await fill()
    world.cloud.clearCalls()
    const report = await scan(await targetOf('whole'), { open: false })
    expect(rowsOf(report).ssn![4]).toEqual({
      'malformed-message': 1,
      'missing-envelope': 1,
      'other-format': 1,
    })
    expect(world.cloud.calls({ service: 'kms' })).toEqual([])
  })

  it('by a client that seals fields says that they are of another format', async () => {
    await store('whole', 'a')
    await store('fields', 'b')
    const report = await scan(await targetOf('fields'))
    expect(rowsOf(report)).toEqual({ ssn: [0, 0, 1, 1, { 'other-format': 1 }] })
    expect(report.keys).toMatchObject([{ fields: 2 }])
  })

  it('in an export to S3', async () => {
    await fill()
    const lines = (await world.items()).map(
      (one: WireItem) => `${JSON.stringify({ Item: (dynamoDbJson({ M: one }) as { M: object }).M })}\n`,
    )
    async function* bytes() {
      yield Buffer.from(lines.join(''))
    }
    const target = await targetOf('whole')
    const { seconds: _, readUnits, ...counted } = await scanExport(target, [{ name: 'x', bytes: bytes() }])
    const { seconds, readUnits: used, ...read } = await scan(target)
    expect(counted).toEqual(read)
    expect(readUnits).toBe(0)
  })
})
