import type { Format } from '@dynaseal/core'
import { type FormatParts, formatParts, PARTS } from '@dynaseal/core/parts'

export type OpenNow = FormatParts['openNow']

/**
 * How a format opens at once, if it can: ours do. Not where something stands in the place of its `open`, as mocks do and
 * whoever counts calls: that would be passed by.
 */
export function openNowOf(format: Format): OpenNow | undefined {
  return Object.hasOwn(format, PARTS) && !Object.hasOwn(format, 'open')
    ? formatParts(format)?.openNow
    : undefined
}
