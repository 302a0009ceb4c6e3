import type { ClientOfRegion } from '../config/project.js'
import { CliError } from '../errors.js'

/** The local cloud that the clients of a configuration talk to. */
export interface BreakableCloud {
  readonly url: string
  /**
   * No call to the region is answered, and nothing is replicated from or to it, until it is mended.
   *
   * @throws {CliError} `failed` when it is broken already
   */
  break(region: string): Promise<Mend>
}

/** Undoes what was done; once, however often it is called. */
export type Mend = () => Promise<void>

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]', '::1']

/** Undefined where the client talks to AWS, or to something else: nothing but this machine is asked. */
export async function localCloudOf({ parts }: ClientOfRegion): Promise<BreakableCloud | undefined> {
  const endpoint = await parts.unsealed.config.endpoint?.()
  if (endpoint === undefined || !LOOPBACK.includes(endpoint.hostname)) return undefined
  const port = endpoint.port === undefined ? '' : `:${endpoint.port}`
  const url = `${endpoint.protocol}//${endpoint.hostname}${port}`
  const found = await ask(url, 'GET', '').catch(() => undefined)
  if (!Array.isArray(found?.regions)) return undefined
  return { url, break: region => breakRegion(url, found.regions as string[], region) }
}

interface Fault {
  readonly id: number
  readonly kind: string
  readonly region?: string
}

async function breakRegion(url: string, regions: readonly string[], region: string): Promise<Mend> {
  if (!regions.includes(region))
    throw new CliError(
      'unknown-region',
      `The local cloud at ${url} has no region ${region}. It has ${regions.join(', ')}.`,
    )
  const { faults } = (await ask(url, 'GET', '/faults')) as { faults: Fault[] }
  if (faults.some(fault => fault.region === region && fault.kind === 'refuse')) {
    throw new CliError(
      'failed',
      `${region} is broken already in the local cloud, perhaps by a drill that was killed. To mend it: curl -X DELETE ${url}/_local/faults`,
    )
  }
  const ids: number[] = []
  let mending: Promise<void> | undefined
  const mend = () => {
    mending ??= Promise.all(ids.map(id => ask(url, 'DELETE', `/faults/${id}`))).then(() => {})
    return mending
  }
  const others = regions.filter(other => other !== region)
  const wanted = [
    { kind: 'refuse', region },
    ...others.map(other => ({ kind: 'cut', between: [region, other] })),
  ]
  try {
    for (const fault of wanted) {
      const { id } = (await ask(url, 'POST', '/faults', fault)) as { id: number }
      ids.push(id)
    }
  } catch (error) {
    await mend()
    throw error
  }
  return mend
}

async function ask(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/_local${path}`, {
    method,
    signal: AbortSignal.timeout(5_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  // Somebody mended it by hand.
  if (method === 'DELETE' && answer.status === 404) return {}
  if (!answer.ok)
    throw new CliError('failed', `The local cloud at ${url} refused ${method} ${path}: ${text.trim()}`)
  return text === '' ? {} : JSON.parse(text)
}
