// Who can write the table and nothing else plants values in clear where ciphertext belongs: above an encrypted path,
// below it, or where JavaScript finds them though the item does not have them. A read gives what was sealed, or fails.
// The world stands for the tests of the file which imports this; each has a table of its own.
import { encrypted, type SealedDocumentClient } from '@dynaseal/toolbox'
import { type Entity, GetItemCommand, PutItemCommand, string } from 'dynamodb-toolbox'
import { attackOn, type StoredItem } from '../../support/attacker.js'
import { withTablePerTest } from '../../support/tablePerTest.js'
import { toolboxTable } from '../../support/toolboxTable.js'
import type { World } from '../../support/world.js'

export let world: World
export let tableName: string

export const key = { pk: 'a', sk: '1' }
export const consistent = true
export const NOT_OPENED = { code: 'fields-not-opened' }
export const NOT_SEALED = { code: 'client-not-sealed' }

withTablePerTest((made, name) => {
  world = made
  tableName = name
})

export const tableOf = (documentClient: SealedDocumentClient) => toolboxTable(documentClient, tableName)
export const keys = { pk: string().key(), sk: string().key() }
export const ssn = () => encrypted(string()).optional()

/** Puts an honest item, and lets somebody change it as it is stored. */
export async function attacked(
  entity: object,
  given: object,
  attack: (item: StoredItem) => void,
): Promise<void> {
  const built = entity as Entity
  await built
    .build(PutItemCommand)
    .item({ ...key, ...given } as never)
    .send()
  await attackOn(world, tableName, key, attack)
}

export const get = async (entity: object) =>
  (
    await (entity as Entity)
      .build(GetItemCommand)
      .key(key as never)
      .options({ consistent })
      .send()
  ).Item as Record<string, unknown> | undefined
