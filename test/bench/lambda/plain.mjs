// A function over dynamodb-toolbox, with nothing encrypted.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { Entity, item, map, PutItemCommand, string, Table } from 'dynamodb-toolbox'

const documentClient = DynamoDBDocumentClient.from(new DynamoDBClient())
const Customers = new Table({
  documentClient,
  name: process.env.TABLE,
  partitionKey: { name: 'id', type: 'string' },
})
const Customer = new Entity({
  name: 'Customer',
  table: Customers,
  schema: item({ id: string().key(), name: string(), address: map({ street: string(), city: string() }) }),
})

export async function handler(customer) {
  await Customer.build(PutItemCommand).item(customer).send()
}
