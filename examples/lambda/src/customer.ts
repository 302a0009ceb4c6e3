import { encrypted } from '@dynaseal/toolbox'
import { Entity, item, map, string, Table } from 'dynamodb-toolbox'
import { documentClient } from './clients.js'
import { variable } from './environment.js'

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
