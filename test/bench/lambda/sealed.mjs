// The same with an encrypted name and address.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
// The slim entries: this function has no search tokens, no streams, no items that are sealed as wholes, and no AWS Encryption SDK.
import { MrkKeyring } from '@dynaseal/mrk-keyring/slim'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox/slim'
import { Entity, item, map, PutItemCommand, string, Table } from 'dynamodb-toolbox'

const keyring = new MrkKeyring({ keyArns: process.env.KEY_ARNS.split(',') })
const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), { keyring })
const Customers = new Table({
  documentClient,
  name: process.env.TABLE,
  partitionKey: { name: 'id', type: 'string' },
})
const Customer = new Entity({
  name: 'Customer',
  table: Customers,
  schema: item({
    id: string().key(),
    name: encrypted(string()),
    address: encrypted(map({ street: string(), city: string() })),
  }),
})
documentClient.register(Customer)

export async function handler(customer) {
  await Customer.build(PutItemCommand).item(customer).send()
}
