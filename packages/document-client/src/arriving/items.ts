import type { ClientSettings } from '../client/settings.js'
import { planPut } from '../commands/writes.js'
import { DocumentClientError } from '../errors.js'
import { Opening } from '../opening/opening.js'
import { isContainer } from '../paths/attributePattern.js'
import { Sealing } from '../sealing/sealing.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Tables } from '../tables/tables.js'
import { copyContainers } from '../values/copyContainers.js'
import type { Item } from '../values/place.js'
import type { Wanted } from './change.js'

/**
 * Items as they stand in a table, opened as a scan would open them; the caller's stay as they are.
 *
 * @returns those that somebody wants; inside `openPartially`, those that open
 */
export async function openItems(
  tables: Tables,
  settings: ClientSettings,
  tableName: string,
  items: readonly Item[],
  wanted?: Wanted,
): Promise<Item[]> {
  const table = tables.table(tableName)
  const opening = new Opening(settings)
  const copies = listed(items)
    .map(item => checked(copyContainers(item)))
    .map(item => refuseWireKey(item, table))
    .filter(item => wanted === undefined || wanted.isWanted(item))
  for (const copy of copies) opening.collect(table, copy, table.kindOf(copy))
  const dropped = await opening.open()
  return copies.filter(item => !dropped.has(item))
}

/** Items as a put would store them: what refuses a put refuses them. */
export async function sealItems(
  tables: Tables,
  settings: ClientSettings,
  tableName: string,
  items: readonly Item[],
): Promise<Item[]> {
  const sealing = new Sealing(settings)
  const plans = listed(items).map(Item =>
    planPut(tables, { TableName: tableName, Item: checked(Item) }, sealing),
  )
  await sealing.seal()
  return plans.map(({ input }) => input.Item as Item)
}

function listed(items: readonly Item[]): readonly Item[] {
  if (Array.isArray(items)) return items
  throw new DocumentClientError(
    'invalid-record',
    'Items are given as an array; one of them as openItem() or sealItem() take it.',
  )
}

/** Of an item that is one as `{ S: … }`, nobody could say what kind of items it is of. */
function refuseWireKey(item: Item, { name, keyNames }: KnownTable): Item {
  const wrong = keyNames.find(key => isContainer(item[key]))
  if (wrong === undefined) return item
  throw new DocumentClientError(
    'invalid-record',
    `The key attribute '${wrong}' of an item of table ${name} is a map or a list. Items have native values here, as unmarshall() of @aws-sdk/util-dynamodb makes them, and not { S: … }; what has those is opened by a client from sealDynamoDBClient().`,
  )
}

function checked(item: unknown): Item {
  if (isContainer(item) && !Array.isArray(item)) return item
  throw new DocumentClientError(
    'invalid-record',
    'What is given as an item is no plain object of attributes.',
  )
}
