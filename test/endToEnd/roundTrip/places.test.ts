// Every kind of encrypted attribute, in every place: what is loaded, and what is stored and sent meanwhile.
import { GetCommand } from '@aws-sdk/lib-dynamodb'
import {
  $remove,
  $set,
  BatchPutRequest,
  BatchWriteCommand,
  DeleteItemCommand,
  executeBatchWrite,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateAttributesCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { userEntity } from '../../support/user.js'
import { EAST, WEST } from '../../support/world.js'
import { NO_FUNCTIONS, takesFunctions } from '../../support/wrapNumbers.js'
import {
  key,
  loadedPlainly,
  open,
  PLAINTEXTS,
  plainly,
  SECRETS,
  tableName,
  USER,
  withUsers,
  world,
} from './users.js'

withUsers()

test('every kind of encrypted attribute, in every place, is saved in one region and loaded in the other', async () => {
  await open(EAST).User.build(PutItemCommand).item(plainly).send()
  await world.cloud.waitForReplication()
  world.cloud.clearCalls()
  const { Item } = await open(WEST).User.build(GetItemCommand).key(key).send()
  expect(Item).toMatchObject(loadedPlainly)
  expect(world.kmsCalls()).toEqual([`Decrypt ${WEST}`])
})

test('what is stored is ciphertext at exactly the encrypted places', async () => {
  await open(EAST).User.build(PutItemCommand).item(plainly).send()
  const { Item } = await world
    .rawClient(EAST)
    .send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))
  const sealed = expect.any(Uint8Array)
  expect(Item).toMatchObject({
    ...key,
    gsi: 'g',
    plain: 'plain text',
    _et: 'User',
    ...Object.fromEntries(Object.keys(SECRETS).map(name => [name === 'renamed' ? 'r' : name, sealed])),
    nested: { open: 'in clear', shut: sealed },
    entries: [
      { open: 'in clear', shut: sealed },
      { open: 'in clear', shut: sealed },
    ],
    codes: [sealed, sealed],
    byName: { first: sealed },
    defaulted: sealed,
    linked: sealed,
  })
})

test.for([
  ['of its own accord', {}],
  ['as it is told', { wrapNumbers: (text: string) => BigInt(text) }],
] as const)(
  'big numbers keep their digits when the document client keeps them, %s',
  async ([, options], { skip }) => {
    skip('wrapNumbers' in options && !takesFunctions, NO_FUNCTIONS)
    const wrapped = userEntity(world.sealedClient(EAST, {}, { unmarshallOptions: options }), tableName)
    await wrapped.User.build(PutItemCommand)
      .item({ ...key, huge: SECRETS.huge })
      .send()
    const { Item } = await wrapped.User.build(GetItemCommand)
      .key(key)
      .options({ attributes: ['huge'] })
      .send()
    expect(Item).toEqual({ huge: SECRETS.huge })
  },
)

test('no plaintext is in any request of any command', async () => {
  const { User, Users } = open(EAST)
  await User.build(PutItemCommand).item(USER).options({ returnValues: 'ALL_OLD' }).send()
  await User.build(UpdateItemCommand)
    .item({
      ...key,
      text: 'updated plaintext',
      address: $set({ city: 'city plaintext', country: 'SE' }),
      flag: $remove(),
    })
    .send()
  await User.build(UpdateAttributesCommand)
    .item({ ...key, address: { city: 'city plaintext', country: 'SE' } })
    .send()
  await executeBatchWrite(
    Users.build(BatchWriteCommand).requests(User.build(BatchPutRequest).item({ ...USER, sk: '2' })),
  )
  await User.build(GetItemCommand)
    .key(key)
    .options({ attributes: ['plain', 'text'] })
    .send()
  await Users.build(QueryCommand)
    .entities(User)
    .query({ partition: 'a' })
    .options({ attributes: ['plain'] })
    .send()
  await Users.build(ScanCommand)
    .entities(User)
    .options({ filters: { User: { attr: 'text', exists: true } } })
    .send()
  await User.build(DeleteItemCommand)
    .key(key)
    .options({ condition: { attr: 'text', exists: true } })
    .send()

  expect(leaks(world.proxy.sent, ['plain text', 'in clear'])).toEqual(['plain text', 'in clear'])
  expect(leaks(world.proxy.sent, PLAINTEXTS)).toEqual([])
}, 60_000)
