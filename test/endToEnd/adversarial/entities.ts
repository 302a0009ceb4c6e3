// Entities of any attributes. The world stands for the tests of the file which imports this; each has a table of its own.
import type { SealedDocumentClient } from '@dynaseal/toolbox'
import { type any, Entity, GetItemCommand, item, PutItemCommand, string } from 'dynamodb-toolbox'
import { withTablePerTest } from '../../support/tablePerTest.js'
import { toolboxTable } from '../../support/toolboxTable.js'
import type { World } from '../../support/world.js'

export let world: World
export let tableName: string
export const SECRET = 'the secret plaintext'
export const key = { pk: 'a', sk: '1' }

withTablePerTest((made, name) => {
  world = made
  tableName = name
})

export const entityOf = <ATTRIBUTES extends object>(
  documentClient: SealedDocumentClient,
  attributes: ATTRIBUTES,
  name = 'E',
) => {
  const table = toolboxTable(documentClient, tableName)
  const entity = new Entity({
    name,
    table,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      ...(attributes as { x: ReturnType<typeof any> }),
    }),
  })
  documentClient.register(entity)
  return entity
}
export const put = (entity: ReturnType<typeof entityOf>, attributes: object, sk = '1') =>
  entity
    .build(PutItemCommand)
    .item({ pk: 'a', sk, ...attributes } as never)
    .send()
export const get = async (entity: ReturnType<typeof entityOf>, sk = '1') =>
  (
    await entity
      .build(GetItemCommand)
      .key({ pk: 'a', sk } as never)
      .options({ consistent: true })
      .send()
  ).Item as Record<string, unknown>
