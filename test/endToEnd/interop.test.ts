import { buildClient, CommitmentPolicy } from '@aws-crypto/client-node'
import {
  AwsKmsMrkAwareSymmetricDiscoveryKeyringNode,
  AwsKmsMrkAwareSymmetricKeyringNode,
} from '@aws-crypto/kms-keyring-node'
import { KMS } from '@aws-sdk/client-kms'
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { locationHash } from '@dynaseal/core'
import { GetItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { userEntity } from '../support/user.js'
import { createWorld, EAST, WEST, type World } from '../support/world.js'

let world: World
const TABLE = 'users'
const key = { pk: 'a', sk: '1' }
const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)

beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TABLE)
})
afterAll(() => world.stop())

const strict = (region: string) =>
  new AwsKmsMrkAwareSymmetricKeyringNode({
    client: new KMS(world.config(region)),
    keyId: world.keyArns[region === EAST ? 0 : 1] as string,
  })
const discovery = (region: string) =>
  new AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({ client: new KMS(world.config(region)) })

test.each([
  ['strict', strict],
  ['discovery', discovery],
])(
  'a field opens with the plain Encryption SDK and its stock %s keyring in the other region',
  async (_, keyring) => {
    const { User } = userEntity(world.sealedClient(EAST, { format: 'message' }), TABLE)
    await User.build(PutItemCommand)
      .item({ ...key, text: 'ünïcødé' })
      .send()
    await world.cloud.waitForReplication()
    const { Item } = await world.rawClient(WEST).send(new GetCommand({ TableName: TABLE, Key: key }))
    const { plaintext, messageHeader } = await decrypt(keyring(WEST), Item?.text)
    expect(messageHeader.suiteId).toBe(0x0478)
    expect({ ...messageHeader.encryptionContext }).toEqual({ 'dynaseal:table': TABLE })
    const location = locationHash(TABLE, { pk: { S: 'a' }, sk: { S: '1' } }, ['text'])
    expect(plaintext).toEqual(
      Buffer.concat([Buffer.from([1]), location, Buffer.from([0x00, 0x01]), Buffer.from('ünïcødé')]),
    )
  },
)

test('a field that the plain Encryption SDK wrote to the specification opens with us', async () => {
  const client = world.sealedClient(EAST, { format: 'message' })
  const { User } = userEntity(client, TABLE)
  const location = locationHash(TABLE, { pk: { S: 'a' }, sk: { S: 'stock' } }, ['text'])
  const { result } = await encrypt(
    strict(WEST),
    Buffer.concat([Buffer.from([1]), location, Buffer.from([0x00, 0x01]), Buffer.from('from elsewhere')]),
    { encryptionContext: { 'dynaseal:table': TABLE }, suiteId: 0x0478, frameLength: 64 },
  )
  await world
    .rawClient(EAST)
    .send(new PutCommand({ TableName: TABLE, Item: { pk: 'a', sk: 'stock', _et: 'User', text: result } }))
  const { Item } = await User.build(GetItemCommand)
    .key({ pk: 'a', sk: 'stock' })
    .options({ attributes: ['text'] })
    .send()
  expect(Item).toEqual({ text: 'from elsewhere' })
})
