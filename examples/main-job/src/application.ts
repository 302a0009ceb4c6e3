import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { FormatName } from '@dynaseal/core'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import { Entity, item, map, number, set, string, Table } from 'dynamodb-toolbox'
import type { Aws } from './aws.js'
import { TABLE } from './infrastructure.js'

/**
 * The application as it runs in one region: its own clients, its own cache, nothing shared.
 *
 * @param format what it writes; whichever that is, it reads both
 */
export function startApplication(
  aws: Aws,
  region: string,
  keyArns: string[],
  format: FormatName = 'envelope',
) {
  const keyring = new MrkKeyring({
    keyArns,
    region,
    // The demo counts KMS calls per region: one that was hedged because this machine is busy would be counted too.
    hedge: false,
    attemptTimeout: 10_000,
    timeout: 15_000,
    client: kmsRegion => new KMSClient({ ...aws.config(kmsRegion), maxAttempts: 1 }),
  })
  const documentClient = sealDocumentClient(
    DynamoDBDocumentClient.from(new DynamoDBClient(aws.config(region))),
    { keyring, format },
  )

  const Customers = new Table({
    documentClient,
    name: TABLE,
    partitionKey: { name: 'shop', type: 'string' },
    sortKey: { name: 'id', type: 'string' },
  })
  const Customer = new Entity({
    name: 'Customer',
    table: Customers,
    schema: item({
      shop: string().key(),
      id: string().key(),
      plan: string().enum('basic', 'plus', 'pro'),
      name: encrypted(string()),
      email: encrypted(string()),
      birthYear: encrypted(number()),
      address: encrypted(map({ street: string(), zip: string(), city: string() })),
      phones: encrypted(set(string())),
    }),
  })
  documentClient.register(Customer)

  return { region, Customers, Customer }
}

export type Application = ReturnType<typeof startApplication>
