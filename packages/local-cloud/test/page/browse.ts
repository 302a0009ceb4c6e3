import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { LocalCloud } from '../../src/index.js'

export interface Answer {
  readonly status: number | undefined
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

/** Asks as a browser does, with any headers. */
export async function browse(
  cloud: LocalCloud,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options
  const outgoing = request(cloud.endpoint + path, {
    method,
    headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', ...headers },
  }).end(body)
  const [response] = await once(outgoing, 'response')
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

/** Sends the form of the faults. */
export function press(
  cloud: LocalCloud,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return browse(cloud, '/_local/page/faults', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: String(new URLSearchParams(fields)),
  })
}

/** The texts of a table's cells, row by row, without tags. */
export function rows(body: string, id: string): string[][] {
  const [table = ''] = new RegExp(`<table id="${id}".*?</table>`, 's').exec(body) ?? []
  return [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) =>
      cell
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .replaceAll(' ,', ',')
        .trim(),
    ),
  )
}
