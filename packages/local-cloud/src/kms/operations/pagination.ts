import { AwsError } from '../../aws.js'
import type { Parameters } from '../parameters.js'

/** One page of a list, with the members that say whether and where it goes on. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly rest: { readonly Truncated: boolean; readonly NextMarker?: string }
}

/** `Limit` and `Marker`. A marker is opaque: here, the position of the first item of its page. */
export function paginate<T>(parameters: Parameters, all: readonly T[], defaultLimit: number): Page<T> {
  const limit = parameters.integer('Limit', 1, 1000) ?? defaultLimit
  const start = readMarker(parameters.optionalString('Marker'), all.length)
  const end = start + limit
  const items = all.slice(start, end)
  if (end >= all.length) return { items, rest: { Truncated: false } }
  return { items, rest: { Truncated: true, NextMarker: Buffer.from(`page:${end}`).toString('base64') } }
}

function readMarker(marker: string | undefined, length: number): number {
  if (marker === undefined) return 0
  const [, position] = /^page:(\d+)$/.exec(Buffer.from(marker, 'base64').toString()) ?? []
  if (position === undefined || Number(position) > length)
    throw new AwsError('InvalidMarkerException', 'Could not deserialize marker')
  return Number(position)
}
