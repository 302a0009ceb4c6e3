// Declared tables through each client that can be sealed, in one language: commands of the document client.
import {
  QueryCommand as BaseQueryCommand,
  ScanCommand as BaseScanCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import {
  type Declaration,
  type SealOptions,
  sealDocumentClient,
  sealDynamoDBClient,
} from '@dynaseal/document-client'
import { optionsOfRun } from '../../support/formatOfRun.js'
import type { World } from '../../support/world.js'

export type Members = Record<string, unknown>

const COMMANDS = {
  BatchGet: BatchGetCommand,
  BatchWrite: BatchWriteCommand,
  Delete: DeleteCommand,
  Get: GetCommand,
  Put: PutCommand,
  Query: QueryCommand,
  Scan: ScanCommand,
  TransactGet: TransactGetCommand,
  TransactWrite: TransactWriteCommand,
  Update: UpdateCommand,
} as unknown as Record<string, new (input: Members) => GetCommand>

export type Operation = keyof typeof COMMANDS

export interface Declared {
  /** @param meanwhile is given what the command has, once that is being sent */
  send(operation: Operation, input: Members, meanwhile?: (given: Members) => void): Promise<Members>
}

/** A client that was told what is encrypted. */
export type MakeClient = (
  world: Pick<World, 'config' | 'keyring'>,
  region: string,
  declarations: readonly Declaration[],
  options?: Partial<SealOptions>,
) => Declared

const documentClient: MakeClient = (world, region, declarations, options) => {
  const base = new DynamoDBClient({ ...world.config(region), maxAttempts: 1 })
  const client = sealDocumentClient(
    DynamoDBDocumentClient.from(base, { marshallOptions: { removeUndefinedValues: true } }),
    { keyring: world.keyring(region), ...optionsOfRun, ...options },
  )
  client.declare(...declarations)
  return {
    send: async (operation, input, meanwhile) => {
      const Command = COMMANDS[operation] as new (input: Members) => GetCommand
      const sent = client.send(new Command(input))
      meanwhile?.(input)
      return (await sent) as unknown as Members
    },
  }
}

const BASE_COMMANDS = {
  BatchGet: BatchGetItemCommand,
  BatchWrite: BatchWriteItemCommand,
  Delete: DeleteItemCommand,
  Get: GetItemCommand,
  Put: PutItemCommand,
  Query: BaseQueryCommand,
  Scan: BaseScanCommand,
  TransactGet: TransactGetItemsCommand,
  TransactWrite: TransactWriteItemsCommand,
  Update: UpdateItemCommand,
} as unknown as Record<Operation, new (input: Members) => GetItemCommand>

/** With what an application would do to speak attribute values: the AWS SDK translates, where it knows that items are. */
const baseClient: MakeClient = (world, region, declarations, options) => {
  const client = sealDynamoDBClient(new DynamoDBClient({ ...world.config(region), maxAttempts: 1 }), {
    keyring: world.keyring(region),
    ...optionsOfRun,
    ...options,
  })
  client.declare(...declarations)
  return {
    async send(operation, input, meanwhile) {
      const Command = BASE_COMMANDS[operation] as new (input: Members) => GetItemCommand
      const given = translate(input, toWire)
      const sent = client.send(new Command(given))
      meanwhile?.(given)
      return translate((await sent) as unknown as Members, unmarshall as never)
    },
  }
}

const toWire = (item: Members) =>
  marshall(item, { removeUndefinedValues: true, convertTopLevelContainer: false }) as Members

const ITEMS = [
  'Attributes',
  'ExclusiveStartKey',
  'ExpressionAttributeValues',
  'Item',
  'Items',
  'Key',
  'Keys',
  'LastEvaluatedKey',
]
const AROUND =
  /^(Conditi.*Check|Delete|Get|Put|Update|.*Request|RequestItems|Responses|TransactItems|Unprocessed.*)$/

/** By the names of members, however deep; where tables are named, by any name. */
function translate(params: Members, convert: (item: Members) => Members): Members {
  const each = (value: unknown, into: (one: Members) => unknown): unknown =>
    Array.isArray(value) ? value.map(one => into(one as Members)) : value && into(value as Members)
  const byTable = (tables: Members) =>
    Object.fromEntries(
      Object.entries(tables).map(([name, value]) => [
        name,
        each(value, one => (isRequest(one) ? translate(one, convert) : convert(one))),
      ]),
    )
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (ITEMS.includes(name)) return [name, each(value, convert)]
      if (!AROUND.test(name)) return [name, value]
      const hasTables =
        /^(RequestItems|Unprocessed.*)$/.test(name) || (name === 'Responses' && !Array.isArray(value))
      return [
        name,
        hasTables ? value && byTable(value as Members) : each(value, one => translate(one, convert)),
      ]
    }),
  )
}

const isRequest = (one: Members) => 'PutRequest' in one || 'DeleteRequest' in one || 'Keys' in one

export const CLIENTS: [string, MakeClient][] = [
  ['a document client', documentClient],
  ['a base client', baseClient],
]
