import type { IncomingMessage } from 'node:http'
import { AwsError, type AwsResponse, SERVICES } from '../aws.js'
import type { CallFilter, CallListFilter } from '../callLog.js'
import { ReplicationError } from '../dynamodb/refusals.js'
import type { Fault } from '../faults.js'
import { readBody } from './body.js'
import { fromThisMachine } from './fromThisMachine.js'

/** What can be done over HTTP: what a LocalCloud can, for tests that run in another process or language. */
export interface Controlled {
  describe(): unknown
  calls(filter: CallListFilter): unknown[]
  counters(filter: CallFilter): unknown[]
  clearCalls(): void
  faults(): unknown[]
  /** Answers the fault's id. Throws RangeError for what cannot be. */
  addFault(fault: Fault): number
  /** False when there is none of this id. */
  healFault(id: number): boolean
  healAll(): void
  waitForReplication(): Promise<void>
}

const PREFIX = '/_local'

/** AWS's requests are POSTs to `/`; these are not. `GET /` is answered as `GET /_local`. */
export function isControl({ method, url = '' }: IncomingMessage): boolean {
  return url === PREFIX || url.startsWith(`${PREFIX}/`) || (method === 'GET' && url === '/')
}

export async function handleControl(cloud: Controlled, request: IncomingMessage): Promise<AwsResponse> {
  try {
    return await route(cloud, request)
  } catch (error) {
    if (error instanceof ReplicationError)
      return answer(409, { error: error.message, refused: error.refused })
    if (error instanceof AwsError) return answer(error.status, { error: error.message })
    if (error instanceof RangeError || error instanceof SyntaxError)
      return answer(400, { error: error.message })
    throw error
  }
}

async function route(cloud: Controlled, request: IncomingMessage): Promise<AwsResponse> {
  if (!fromThisMachine(request.headers)) return answer(403, { error: 'Only for programs on this machine.' })
  const url = new URL(request.url ?? '/', 'http://localhost')
  const path = url.pathname.slice(PREFIX.length)
  switch (`${request.method} ${path}`) {
    case 'GET ':
      return answer(200, cloud.describe())
    case 'GET /calls':
      return answer(200, { calls: cloud.calls(readListFilter(url.searchParams)) })
    case 'GET /counters':
      return answer(200, { counters: cloud.counters(readFilter(url.searchParams)) })
    case 'DELETE /calls':
      cloud.clearCalls()
      return answer(204)
    case 'GET /faults':
      return answer(200, { faults: cloud.faults() })
    case 'POST /faults':
      return answer(201, { id: cloud.addFault(JSON.parse((await readBody(request)).toString())) })
    case 'DELETE /faults':
      cloud.healAll()
      return answer(204)
    case 'POST /replication/wait':
      await cloud.waitForReplication()
      return answer(204)
  }
  const [, id] = /^\/faults\/(\d+)$/.exec(path) ?? []
  if (request.method === 'DELETE' && id !== undefined)
    return cloud.healFault(Number(id))
      ? answer(204)
      : answer(404, { error: `There is no fault ${id}, any more.` })
  return answer(404, {
    error: `There is no ${request.method} ${url.pathname} here; see the README for what there is.`,
  })
}

function readFilter(query: URLSearchParams): CallFilter {
  const filter = Object.fromEntries(query) as CallFilter
  if (filter.service !== undefined && !SERVICES.includes(filter.service))
    throw new RangeError(`No service ${filter.service}; there is ${SERVICES.join(' and ')}`)
  return filter
}

function readListFilter(query: URLSearchParams): CallListFilter {
  const filter = readFilter(query)
  const last = query.get('last')
  if (last === null) return filter
  if (!/^\d+$/.test(last)) throw new RangeError(`last is a number of calls, not ${JSON.stringify(last)}`)
  return { ...filter, last: Number(last) }
}

function answer(status: number, value?: unknown): AwsResponse {
  if (value === undefined) return { status, headers: {}, body: '' }
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` }
}
