import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { encrypted } from '@dynaseal/toolbox'
import {
  $set,
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  Entity,
  executeBatchGet,
  executeBatchWrite,
  executeTransactWrite,
  GetItemCommand,
  item,
  map,
  PutItemCommand,
  PutTransaction,
  ScanCommand,
  string,
  UpdateAttributesCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { toolboxTable } from './toolboxTable.js'

export const SECRET = 'the secret plaintext'
/** The key of the item that is read, and of the one that is written. */
export const STORED = { pk: 'a', sk: 'stored' }
const key = { pk: 'a', sk: '1' }

/** An entity that encrypts a leaf and a container; nobody has registered it. */
export function ssnEntity(documentClient: DynamoDBDocumentClient, tableName: string, name = 'User') {
  const table = toolboxTable(documentClient, tableName)
  return new Entity({
    name,
    table,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      plain: string().optional(),
      ssn: encrypted(string()).optional(),
      address: encrypted(map({ city: string() })).optional(),
    }),
  })
}

export type Attempt = (entity: ReturnType<typeof ssnEntity>) => unknown
/** Every way in which an item is written. */
export const WRITES: [string, Attempt][] = [
  [
    'put',
    entity =>
      entity
        .build(PutItemCommand)
        .item({ ...key, ssn: SECRET })
        .send(),
  ],
  [
    'update',
    entity =>
      entity
        .build(UpdateItemCommand)
        .item({ ...key, address: $set({ city: SECRET }) })
        .send(),
  ],
  [
    'update of attributes',
    entity =>
      entity
        .build(UpdateAttributesCommand)
        .item({ ...key, address: { city: SECRET } })
        .send(),
  ],
  [
    'batch',
    entity =>
      executeBatchWrite(
        entity.table
          .build(BatchWriteCommand)
          .requests(entity.build(BatchPutRequest).item({ ...key, ssn: SECRET })),
      ),
  ],
  ['transaction', entity => executeTransactWrite(entity.build(PutTransaction).item({ ...key, ssn: SECRET }))],
]
/** And read. */
export const READS: [string, Attempt][] = [
  ['get', entity => entity.build(GetItemCommand).key(STORED).options({ consistent: true }).send()],
  ['scan', entity => entity.table.build(ScanCommand).entities(entity).options({ consistent: true }).send()],
  [
    'batch get',
    entity =>
      executeBatchGet(
        entity.table
          .build(BatchGetCommand)
          .requests(entity.build(BatchGetRequest).key(STORED))
          .options({ consistent: true }),
      ),
  ],
]
