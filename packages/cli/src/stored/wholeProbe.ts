import type { ItemToSeal } from '@dynaseal/core'
import { beaconParts, type ItemFormatParts } from '@dynaseal/core/parts'
import type { Target } from '../config/project.js'
import { keyOf } from './tableItem.js'
import type { WireItem } from './wireItem.js'

/** What is needed to seal something as an item of a table would be, where items are sealed as wholes: its keys and context. */
export interface WholeProbe {
  /** Names of the attributes that its keys, its context and its beacon key depend on. */
  readonly kept: readonly string[]
  /** An item that is like another one and goes nowhere; default: like one that might be. */
  toSeal(item?: WireItem): ItemToSeal
}

/** @throws {ConfigurationError} `invalid-option` when the format's options for the table do not fit its keys */
export function probeOf(
  { known, search }: Pick<Target, 'known' | 'search'>,
  parts: ItemFormatParts,
): WholeProbe {
  const { keyNames, name: table } = known
  const inContext = [...parts.ofTable(table, keyNames).ofAttributes.keys()]
  // Whose beacons it has, another attribute may say.
  const keyField = beaconParts(search)?.keyFieldName
  const kept = [...new Set([...keyNames, ...inContext, ...(keyField === undefined ? [] : [keyField])])]
  const madeUp = Object.fromEntries(kept.map(name => [name, { S: 'probe' }]))
  return {
    kept,
    toSeal: (item: WireItem = madeUp) => ({
      table,
      key: keyOf(known, item)! as ItemToSeal['key'],
      partitionKey: keyNames[0],
      fields: [],
      others: Object.fromEntries(
        Object.entries(item).filter(([name]) => inContext.includes(name) || keyNames.includes(name)),
      ) as NonNullable<ItemToSeal['others']>,
      whole: true,
    }),
  }
}
