import type { IncomingMessage } from 'node:http'
import type { AttributeMap } from '../dynamodb/items.js'

export const PAGE = '/_local/page'

/**
 * A browser that opens `/`, and what its page needs; at addresses where nothing is, a browser is told so. Other programs
 * have JSON.
 */
export function isPage({ method, url = '', headers }: IncomingMessage): boolean {
  const [path = ''] = url.split('?')
  if (path.startsWith(`${PAGE}/`)) return true
  const isJson = path === '/_local' || path.startsWith('/_local/')
  return !isJson && method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '')
}

/** The list of a table's items, from the first one on or from after `start`. */
export function tablePath(region: string, table: string, start?: AttributeMap): string {
  const query = new URLSearchParams({ region, table })
  if (start !== undefined) query.set('start', JSON.stringify(start))
  return `${PAGE}/table?${query}`
}

export function itemPath(region: string, table: string, key: AttributeMap): string {
  return `${PAGE}/item?${new URLSearchParams({ region, table, key: JSON.stringify(key) })}`
}
