import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { beaconParts } from '@dynaseal/core/parts'
import type { ItemToken } from '@dynaseal/document-client/mapper'
import type { Target } from '../config/project.js'
import type { Left } from '../engine/task.js'
import { CliError } from '../errors.js'
import { keyOf } from '../stored/tableItem.js'
import { fieldAt, type WireItem, withValue } from '../stored/wireItem.js'
import { tokenChanges, tokenIn, tokensOf } from './tokens.js'

/**
 * Items in clear with the search tokens of their values: beacons, where the client makes these. One of which a token cannot be
 * made is left.
 */
export async function withTokens(
  target: Target,
  items: readonly WireItem[],
  signal: AbortSignal,
): Promise<(WireItem | readonly Left[])[]> {
  const { known, search: maker } = target
  if (!known.hasTokens || maker === undefined || items.length === 0) return [...items]
  const given = items.map(item => ({ item, key: keyOf(known, item)!, tokens: tokensOf(target, item) }))
  const made = await tokenChanges(target, maker, given, signal)
  return made.map(({ tokens, left }, i) => {
    if (left.length > 0) return left
    return tokens.reduce((item, { path, to }) => withValue(item, path, to), items[i]!)
  })
}

/**
 * Whether a sealed item lacks a token, as far as it can be told without opening it: nothing stands there, or nothing that could
 * be one, and the attributes that it is of are there.
 */
export function lacksToken(target: Target, item: WireItem): boolean {
  if (!target.known.hasTokens || target.search === undefined) return false
  const areBeacons = beaconParts(target.search) !== undefined
  return tokensOf(target, item).some(token => {
    const hasValues = token.definition.paths.every(([name]) => Object.hasOwn(item, String(name)))
    if (areBeacons) return hasValues && !looksLikeBeacon(token, fieldAt(item, token.path))
    return hasValues && tokenIn(item, token) !== 'token'
  })
}

const BITS_PER_DIGIT = 4

function looksLikeBeacon({ definition }: ItemToken, value: AttributeValue | undefined): boolean {
  const texts = definition.members ? value?.SS : value?.S === undefined ? undefined : [value.S]
  const digits = new RegExp(`^[0-9a-f]{${Math.ceil(definition.bits / BITS_PER_DIGIT)}}$`)
  return texts?.every(text => digits.test(text)) ?? false
}

/** @throws {CliError} `unsupported` */
export function refuseKeyTokensOfWholes({ known, tableName }: Target): void {
  const [name] = known.keyTokens.keys()
  if (name === undefined) return
  throw new CliError(
    'unsupported',
    `'${name}' of table ${tableName} is a search token in the primary key, and items that are sealed as wholes are bound to their keys: this command neither seals nor moves them. Put each through the client, which gives it its key, and delete the one that was there.`,
  )
}
