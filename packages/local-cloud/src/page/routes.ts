import type { IncomingMessage } from 'node:http'
import { AwsError, type AwsResponse, SERVICES } from '../aws.js'
import type { CallFilter } from '../callLog.js'
import { InspectionError } from '../dynamodb/inspection.js'
import type { AttributeMap } from '../dynamodb/items.js'
import type { Fault } from '../faults.js'
import { readBody } from '../http/body.js'
import { fromThisMachine } from '../http/fromThisMachine.js'
import { asset } from './assets.js'
import { document, notice } from './document.js'
import { readFaultForm } from './faultForm.js'
import { html } from './html.js'
import { itemPage } from './item.js'
import { itemList } from './itemList.js'
import { overview } from './overview.js'
import { PAGE } from './paths.js'
import type { PageSource } from './source.js'

export async function handlePage(cloud: PageSource, request: IncomingMessage): Promise<AwsResponse> {
  if (!fromThisMachine(request.headers)) return problem(403, 'Only for programs on this machine.')
  try {
    return await route(cloud, request)
  } catch (error) {
    if (error instanceof AwsError) return problem(error.status, error.message)
    if (error instanceof RangeError || error instanceof SyntaxError) return problem(400, error.message)
    if (error instanceof InspectionError) return problem(404, error.message)
    throw error
  }
}

async function route(cloud: PageSource, request: IncomingMessage): Promise<AwsResponse> {
  const { url = '/' } = request
  if (!URL.canParse(url, 'http://localhost'))
    return problem(404, `There is no ${request.method} ${url} here.`)
  const { pathname, searchParams: query } = new URL(url, 'http://localhost')
  const path = pathname.startsWith(`${PAGE}/`) ? pathname.slice(PAGE.length) : pathname
  switch (`${request.method} ${path}`) {
    case 'GET /':
      return overview(cloud, readFilter(query))
    case 'GET /table': {
      const start = query.get('start')
      return itemList(cloud, ...readTable(query), start === null ? undefined : readKey(start))
    }
    case 'GET /item':
      return itemPage(cloud, ...readTable(query), readKey(query.get('key') ?? ''))
    case 'POST /faults':
      return switchFaults(cloud, new URLSearchParams((await readBody(request)).toString()))
  }
  const file = request.method === 'GET' ? await asset(path.slice(1)) : undefined
  return file ?? problem(404, `There is no ${request.method} ${pathname} here.`)
}

/** What a button or the form asks for; then the page again. */
async function switchFaults(cloud: PageSource, fields: URLSearchParams): Promise<AwsResponse> {
  try {
    const heal = fields.get('heal')
    const set = fields.get('set')
    if (heal === 'all') cloud.healAll()
    else if (heal !== null) for (const id of heal.split(',')) cloud.healFault(Number(id))
    else if (set !== null) cloud.addFault(JSON.parse(set) as Fault)
    else cloud.addFault(readFaultForm(fields))
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return overview(cloud, {}, error.message)
    throw error
  }
  return { status: 303, headers: { location: '/' }, body: '' }
}

function readFilter(query: URLSearchParams): CallFilter {
  const service = SERVICES.find(name => name === query.get('service'))
  const region = query.get('region') ?? ''
  return { ...(service === undefined ? {} : { service }), ...(region === '' ? {} : { region }) }
}

function readTable(query: URLSearchParams): [region: string, table: string] {
  return [query.get('region') ?? '', query.get('table') ?? '']
}

function readKey(text: string): AttributeMap {
  try {
    const key: unknown = JSON.parse(text)
    if (typeof key === 'object' && key !== null && !Array.isArray(key)) return key as AttributeMap
  } catch {}
  throw new RangeError(
    'The key in the address of this page is no JSON object of attributes, as {"id":{"S":"1"}} is one.',
  )
}

function problem(status: number, message: string): AwsResponse {
  return document(
    'Local cloud',
    html`<h1>Not possible</h1>${notice(message)}<p><a href="/">Back</a></p>`,
    status,
  )
}
