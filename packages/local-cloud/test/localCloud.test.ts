import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import {
  createGlobalTable,
  createMultiRegionKey,
  documentClient,
  dynamoClient,
  kmsClient,
} from './clients.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'

let cloud: LocalCloud

beforeAll(async () => {
  cloud = await startLocalCloud({ regions: [EAST, WEST] })
})

afterAll(() => cloud.stop())

it.each([
  [undefined, 'The option regions must be a list'],
  [{ region: EAST }, 'The option regions must be a list'],
  [{ regions: EAST }, 'The option regions must be a list'],
  [{ regions: [EAST], enigne: 'dynoxide' }, 'A local cloud has no enigne; it has regions, port'],
])('does not start with %j', async (options, message) => {
  await expect(startLocalCloud(options as never)).rejects.toThrow(message)
})

describe('one endpoint for all regions', () => {
  it('opens in one region what was sealed in another, with the local replica', async () => {
    const keyId = await createMultiRegionKey(cloud, [EAST, WEST])
    const EncryptionContext = { tenant: 'acme' }
    const sealed = await kmsClient(cloud, EAST).generateDataKey({
      KeyId: keyId,
      KeySpec: 'AES_256',
      EncryptionContext,
    })
    cloud.clearCalls()
    const { CiphertextBlob } = sealed
    const opened = await kmsClient(cloud, WEST).decrypt({ CiphertextBlob, EncryptionContext })

    expect(CiphertextBlob).toHaveLength(184)
    expect(opened.Plaintext).toEqual(sealed.Plaintext)
    const arn = `arn:aws:kms:${WEST}:000000000000:key/${keyId}`
    expect(opened.KeyId).toBe(arn)
    expect(cloud.calls()).toMatchObject([
      {
        service: 'kms',
        region: WEST,
        operation: 'Decrypt',
        status: 200,
        keyId: arn,
        encryptionContext: EncryptionContext,
      },
    ])
  })

  it('replicates writes both ways', async () => {
    await createGlobalTable(cloud, 'both-ways', [EAST, WEST])
    const east = documentClient(cloud, EAST)
    const west = documentClient(cloud, WEST)
    const TableName = 'both-ways'

    await east.put({ TableName, Item: { id: '1', from: 'east' } })
    await cloud.waitForReplication()
    expect((await west.get({ TableName, Key: { id: '1' } })).Item).toEqual({ id: '1', from: 'east' })

    await west.update({
      TableName,
      Key: { id: '1' },
      UpdateExpression: 'SET #f = :w',
      ExpressionAttributeNames: { '#f': 'from' },
      ExpressionAttributeValues: { ':w': 'west' },
    })
    await cloud.waitForReplication()
    expect((await east.get({ TableName, Key: { id: '1' } })).Item).toEqual({ id: '1', from: 'west' })

    await east.delete({ TableName, Key: { id: '1' } })
    await cloud.waitForReplication()
    expect((await west.get({ TableName, Key: { id: '1' } })).Item).toBeUndefined()
  })

  it('names the started regions to a client of another', async () => {
    await expect(dynamoClient(cloud, 'eu-west-1').listTables({})).rejects.toThrow(
      'The local cloud has no region eu-west-1; it was started with us-east-1, us-west-2.',
    )
  })
})

describe('starting', () => {
  it('says which port is taken, and what to do', async () => {
    const port = Number(new URL(cloud.endpoint).port)
    await expect(startLocalCloud({ regions: [EAST], port })).rejects.toThrow(
      `Port ${port} is taken. Stop what listens there, choose another port, or 0 for any free one.`,
    )
  })

  it.each([
    [[], 'A local cloud needs at least one region, for example us-east-1'],
    [['virginia'], '"virginia" is not a region name; one looks like us-east-1'],
    [[EAST, EAST], 'Region us-east-1 is named twice'],
  ])('refuses regions %j', async (regions, message) => {
    await expect(startLocalCloud({ regions })).rejects.toThrow(new RangeError(message))
  })
})
