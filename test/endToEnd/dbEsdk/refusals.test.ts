// What cannot be encrypted in an item of the AWS Database Encryption SDK is refused when it is declared.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { dbEsdkFormat } from '@dynaseal/db-esdk'
import { sealDocumentClient as sealDeclared } from '@dynaseal/document-client'
import { encrypted } from '@dynaseal/toolbox'
import { Entity, item, list, map, string } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { EAST } from '../../support/world.js'
import { patients, tableName, world } from './patients.js'

describe('an item', () => {
  test('whose entity encrypts something inside of an attribute is refused, with the way out', async () => {
    const { client, table } = patients()
    const schema = item({
      pk: string().key(),
      sk: string().key(),
      visits: list(map({ finding: encrypted(string()) })),
    })
    const Nested = new Entity({ name: 'Nested', table, schema, timestamps: false })
    expect(() => client.register(Nested)).toThrow(
      expect.objectContaining({
        name: 'ToolboxError',
        code: 'invalid-schema',
        message: expect.stringMatching(
          /'visits\[n\]\.finding' of entity Nested in table .* Encrypt the attribute that it is in/,
        ),
      }),
    )
    expect(world.proxy.sent).toEqual([])
  })

  test('of which nothing inside of an attribute can be declared, nor what has another action', () => {
    const format = dbEsdkFormat({
      keyring: world.keyring(EAST),
      tables: { [tableName]: { allowedUnsignedAttributes: ['visits'] } },
    })
    const client = sealDeclared(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
      format,
    })
    for (const [path, reason] of [
      ['address.street', "'address.street' of the items in table .* as wholes"],
      ["['a.b'][*]", "'\\['a\\.b'\\]\\[n\\]' of the items in table .* as wholes"],
      ['visits', "'visits' of the items in table .* another action in the option tables"],
    ] as const)
      expect(() => client.declare({ table: tableName, key: ['pk', 'sk'], encrypted: [path] })).toThrow(
        expect.objectContaining({ code: 'invalid-schema', message: expect.stringMatching(reason) }),
      )
  })
})
