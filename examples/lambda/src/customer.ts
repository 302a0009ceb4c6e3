import { encrypted, type SealedDocumentClient } from '@dynaseal/toolbox/slim'
import { Entity, item, map, string, Table } from 'dynamodb-toolbox'
import { variable } from './environment.js'

export function customers(documentClient: SealedDocumentClient) {
  const Customers = new Table({
    documentClient,
    name: variable('TABLE'),
    partitionKey: { name: 'id', type: 'string' },
  })
  const Customer = new Entity({
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
  return Customer
}
