import type { ItemToOpen, ItemToSeal } from '@dynaseal/core'
import { ITEM_ATTRIBUTES } from '@dynaseal/db-esdk'
import type { Target } from '../config/project.js'
import { CliError } from '../errors.js'
import { encryptedFields, formatAttributes, keyOf } from './tableItem.js'
import type { WireItem } from './wireItem.js'

/**
 * Whether the client's format is that of the AWS Database Encryption SDK, which seals items as wholes.
 *
 * @throws {CliError} `unsupported` for another format that does
 */
export function sealsItems({ format, tableName }: Target): boolean {
  if (format.wholeItems !== true) return false
  if (ITEM_ATTRIBUTES.every(name => format.attributes.includes(name))) return true
  throw new CliError(
    'unsupported',
    `The format of table ${tableName} seals items as wholes, and is not that of the AWS Database Encryption SDK. With its client, read or put the items.`,
  )
}

/** Whether an item has the header or the footer of one that was sealed as a whole. */
export function hasItemAttributes(item: WireItem): boolean {
  // Most have neither, nor anything that they inherit.
  for (const name of ITEM_ATTRIBUTES) if (item[name] !== undefined && Object.hasOwn(item, name)) return true
  return false
}

/** How the names of the format's own attributes begin: header, footer, beacons. */
const OWN = 'aws_dbe_'

/** Whether an attribute is one of the format's own besides header and footer: a beacon, which is not signed. */
export function isOwn(name: string): boolean {
  return name.startsWith(OWN) && !(ITEM_ATTRIBUTES as readonly string[]).includes(name)
}

/** Those of an item. */
export function ownOf(item: WireItem): WireItem {
  return Object.fromEntries(Object.entries(item).filter(([name]) => isOwn(name)))
}

/** An item, as a format that seals wholes opens it. */
export function wholeToOpen({ known }: Target, item: WireItem): ItemToOpen {
  const fields = encryptedFields(known, item).flatMap(({ path, value }) =>
    path.length === 1 && value.B !== undefined ? [{ path, value: value.B }] : [],
  )
  const taken = new Set([...known.formatAttributes, ...fields.map(({ path: [name] }) => String(name))])
  return {
    table: known.name,
    key: keyOf(known, item)! as ItemToOpen['key'],
    partitionKey: known.keyNames[0],
    fields,
    attributes: formatAttributes(known, item),
    others: othersOf(item, taken),
  }
}

/** An item in clear, as a format that seals wholes seals it: without beacons, which are stored beside. */
export function wholeToSeal({ known }: Target, item: WireItem): ItemToSeal {
  const fields = encryptedFields(known, item).filter(({ isObstacle }) => !isObstacle)
  const taken = new Set(fields.map(({ path: [name] }) => String(name)))
  return {
    table: known.name,
    key: keyOf(known, item)! as ItemToSeal['key'],
    partitionKey: known.keyNames[0],
    fields: fields as unknown as ItemToSeal['fields'],
    others: othersOf(item, new Set([...taken, ...Object.keys(ownOf(item))])),
    whole: true,
  }
}

function othersOf(item: WireItem, taken: ReadonlySet<string>): NonNullable<ItemToOpen['others']> {
  const others = Object.fromEntries(Object.entries(item).filter(([name]) => !taken.has(name)))
  return others as NonNullable<ItemToOpen['others']>
}
