import type { CustomerData } from './customers.js'

/** Bytes of what is sealed; 0 for anything else. */
export const sizeOf = (value: unknown) => (value instanceof Uint8Array ? value.length : 0)

/** A value as one line. */
export function brief(value: unknown): string {
  if (value instanceof Uint8Array)
    return `${Buffer.from(value.subarray(0, 12)).toString('hex')}… (${value.length} bytes)`
  if (value instanceof Set) return `Set ${JSON.stringify([...value])}`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Equal in every attribute of the customer; the stored timestamps and entity name do not matter. */
export function same(loaded: CustomerData | undefined, saved: CustomerData | undefined): boolean {
  if (loaded === undefined || saved === undefined) return false
  return (Object.keys(saved) as (keyof CustomerData)[]).every(
    name => comparable(loaded[name]) === comparable(saved[name]),
  )
}

function comparable(value: unknown): string {
  if (value instanceof Set) return JSON.stringify([...value].sort())
  if (typeof value === 'object' && value !== null) return JSON.stringify(Object.entries(value).sort())
  return JSON.stringify(value)
}
