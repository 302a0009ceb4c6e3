import type { KnownTable } from '../tables/knownTable.js'
import type { WireItem } from '../values/wireItems.js'

/** Whether a stored item is one that was sealed here: each time that one is, the format's attributes are others. */
export function isSameVersion(
  { formatAttributes }: KnownTable,
  own: WireItem | undefined,
  stored: WireItem | undefined,
): boolean {
  return formatAttributes.every(name => {
    const [one, other] = [own?.[name]?.B, stored?.[name]?.B]
    return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0
  })
}
