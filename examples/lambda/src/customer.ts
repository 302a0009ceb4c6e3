import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import { Entity, item, map, string, Table } from 'dynamodb-toolbox'
import { variable } from './environment.js'
import { keyringOfEnvironment } from './keyring.js'

// Made once, while Lambda loads the function: connections and data keys of one request serve the next ones.
const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), {
  keyring: keyringOfEnvironment(),
})

const Customers = new Table({
  documentClient,
  name: variable('TABLE'),
  partitionKey: { name: 'id', type: 'string' },
})

export const Customer = new Entity({
  name: 'Customer',
  table: Customers,
  timestamps: false,
  schema: item({
    id: string().key(),
    plan: string().enum('basic', 'plus', 'pro'),
    name: encrypted(string()),
    email: encrypted(string()),
    address: encrypted(map({ street: string(), zip: string(), city: string() })).optional(),
  }),
})
documentClient.register(Customer)
