// Declared tables through each client that can be sealed, in one language: commands of the document client.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
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
import { type Declaration, type SealOptions, sealDocumentClient } from '@dynaseal/document-client'
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
  send(operation: Operation, input: Members): Promise<Members>
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
    send: async (operation, input) => {
      const Command = COMMANDS[operation] as new (input: Members) => GetCommand
      return (await client.send(new Command(input))) as unknown as Members
    },
  }
}

export const CLIENTS: [string, MakeClient][] = [['a document client', documentClient]]
