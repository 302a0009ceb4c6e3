// What an application that is deployed as one file does: run against a local cloud that is not part of it.
import assert from 'node:assert/strict'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import { Entity, GetItemCommand, item, map, PutItemCommand, string, Table } from 'dynamodb-toolbox'

const { endpoint, region, keyArn } = JSON.parse(process.env.WORLD)
const config = { endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }

function userOfAFreshProcess() {
  const keyring = new MrkKeyring({ keyArns: [keyArn], client: () => new KMSClient(config) })
  const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(config)), {
    keyring,
  })
  const Users = new Table({ documentClient, name: 'users', partitionKey: { name: 'id', type: 'string' } })
  const User = new Entity({
    name: 'User',
    table: Users,
    schema: item({
      id: string().key(),
      ssn: encrypted(string()),
      address: encrypted(map({ city: string() })).optional(),
    }),
  })
  documentClient.register(User)
  return User
}

async function main() {
  const saved = { id: '1', ssn: '078-05-1120', address: { city: 'Oslo' } }
  await userOfAFreshProcess().build(PutItemCommand).item(saved).send()
  // Another client has no data key in memory: KMS decrypts one.
  const { Item } = await userOfAFreshProcess()
    .build(GetItemCommand)
    .key({ id: '1' })
    .options({ consistent: true })
    .send()
  assert.equal(Item.ssn, saved.ssn)
  assert.deepEqual(Item.address, saved.address)
  console.log('saved and loaded')
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
