// A client that was told of token attributes, with search keys as a process would have them.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { createSearchTokens, type Format } from '@dynaseal/core'
import { type Declaration, sealDocumentClient } from '@dynaseal/document-client'
import { optionsOfRun } from '../../support/formatOfRun.js'
import { TABLE } from '../../support/searchTable.js'
import { EAST, type World } from '../../support/world.js'

export const declaration: Declaration = {
  table: TABLE,
  key: ['pk', 'sk'],
  encrypted: ['email', 'name', 'tags', 'address.street', 'profile'],
  indexKeys: { byEmail: ['gsi', 'at'], keysOnly: ['gsi', 'at'], byCity: ['pk', 'lsi'] },
  tokens: {
    gsi: { of: 'email', normalize: 'email', bits: 128 },
    shortToken: { of: 'email', normalize: 'email', bits: 8 },
    nameToken: { of: 'name' },
    tagsToken: { of: 'tags', members: true, bits: 64 },
    lsi: { of: 'city' },
    bothToken: { of: ['pk', 'name'], normalize: { name: ['trim', 'lowerCase'] } },
    pairToken: { of: ['name', 'city'] },
    'address.streetToken': { of: 'address.street' },
    bornToken: { of: 'profile.born' },
  },
}

/** What is between the sealed client and DynamoDB. */
export type Between = (
  command: { readonly input: Record<string, unknown> },
  send: () => Promise<unknown>,
) => Promise<unknown>

export function declaredClient(
  world: World,
  searchKeys: readonly [Uint8Array, ...Uint8Array[]],
  { region = EAST, declared = declaration, between = (_, send) => send(), format, updates }: Options = {},
) {
  const [writeWith, ...findWith] = searchKeys
  const base = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region)), {
    marshallOptions: { removeUndefinedValues: true },
  })
  const send = base.send.bind(base) as (command: never) => Promise<unknown>
  base.send = ((command: never) => between(command, () => send(command))) as typeof base.send
  const keyring = world.keyring(region)
  const tokens = createSearchTokens({ keyring, writeWith, findWith })
  const sealing = format === undefined ? { keyring, ...optionsOfRun } : { format }
  const client = sealDocumentClient(base, {
    ...sealing,
    search: tokens,
    ...(updates === undefined ? {} : { updates }),
  })
  client.declare(declared)
  return client
}

interface Options {
  readonly region?: string
  readonly declared?: Declaration
  readonly between?: Between
  readonly updates?: 'read-change-write'
  /** Default: the field format. */
  readonly format?: Format
}
