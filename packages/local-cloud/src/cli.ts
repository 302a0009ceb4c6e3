#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { ConfigError, readConfig } from './configFile.js'
import { ENGINE_NAMES, type EngineName } from './dynamodb/engines.js'
import { InitialResourceError } from './initial/resources.js'
import type { Latency } from './latency.js'
import { type LocalCloud, startLocalCloud } from './localCloud.js'
import { findRunner, runnerEnd } from './runner.js'

const HELP = `AWS regions on loopback: KMS with multi-Region keys, DynamoDB with global tables.

Usage: dynaseal-local-cloud [options]

  --regions LIST           regions, separated by commas (default: the file's, or us-east-1,us-west-2)
  --port NUMBER            port on 127.0.0.1, 0 for any free one (default: 4566)
  --engine NAME            DynamoDB's engine: dynalite, or dynoxide for transactions, PartiQL, TTL and streams
                           (default: dynalite)
  --config FILE            JSON with the keys and tables to make at the start, and the regions (default: none)
  --directory DIR          keep everything in DIR, also when it is killed (default: in memory)
  --replication-delay MS   until a write starts to be applied in other regions (default: 20)
  --latency LIST           ms that calls to a region take longer, for example eu-west-1=80,ap-south-1=200
                           (default: none)
  --settle-delay MS        that keys stay Creating and tables CREATING (default: 0)
  --json                   print one line of JSON when ready, and nothing else
  --help                   print this

Without --directory all is gone when it stops. Stop it with Ctrl-C.
`

/** Milliseconds in an hour: longer is a mistake. */
const MAX_DELAY = 3_600_000

const DEFAULT_REGIONS = ['us-east-1', 'us-west-2']

class UsageError extends Error {}

interface Options {
  /** Undefined: those of the file. */
  readonly regions: readonly string[] | undefined
  readonly config: string | undefined
  readonly port: number
  readonly engine: EngineName
  readonly directory: string | undefined
  readonly replicationDelay: number
  readonly latency: Latency
  readonly settleDelay: number
  readonly json: boolean
}

/** Undefined when help is asked for. */
function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parse(args)
  if (values.help) return undefined
  return {
    regions: values.regions === undefined ? undefined : readList(values.regions),
    config: readPath('--config', values.config),
    port: readNumber('--port', values.port, 65_535),
    engine: readEngine(values.engine),
    directory: readPath('--directory', values.directory),
    replicationDelay: readNumber('--replication-delay', values['replication-delay'], MAX_DELAY),
    latency: readLatency(values.latency),
    settleDelay: readNumber('--settle-delay', values['settle-delay'], MAX_DELAY),
    json: values.json,
  }
}

/** Separated by commas. */
function readList(text: string): string[] {
  return text
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== '')
}

function readLatency(text: string): Latency {
  const latency: Record<string, number> = {}
  for (const pair of readList(text)) {
    const [, region, delay] = /^([^=]+)=(.*)$/.exec(pair) ?? []
    if (region === undefined || delay === undefined)
      throw new UsageError(`--latency takes REGION=MS, separated by commas, not ${JSON.stringify(pair)}`)
    if (Object.hasOwn(latency, region)) throw new UsageError(`--latency names ${region} twice`)
    latency[region] = readNumber(`--latency ${region}=`, delay, MAX_DELAY)
  }
  return latency
}

/** A variable of a shell that is not set gives an empty one. */
function readPath(option: string, path: string | undefined): string | undefined {
  if (path === '') throw new UsageError(`${option} takes a path, not ""`)
  return path
}

function readNumber(option: string, text: string, max: number): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number > max)
    throw new UsageError(`${option} takes a number from 0 to ${max}, not ${JSON.stringify(text)}`)
  return number
}

function readEngine(name: string): EngineName {
  const engine = ENGINE_NAMES.find(one => one === name)
  if (engine === undefined)
    throw new UsageError(`--engine takes ${ENGINE_NAMES.join(' or ')}, not ${JSON.stringify(name)}`)
  return engine
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        regions: { type: 'string' },
        config: { type: 'string' },
        port: { type: 'string', default: '4566' },
        engine: { type: 'string', default: 'dynalite' },
        directory: { type: 'string' },
        'replication-delay': { type: 'string', default: '20' },
        latency: { type: 'string', default: '' },
        'settle-delay': { type: 'string', default: '0' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function instructions({ endpoint, regions, keys }: LocalCloud): string {
  const [region = ''] = regions
  const arns = keys.flatMap(key =>
    Object.values(key.arns).map(arn => `  ${arn} ${key.aliasName ?? ''}`.trimEnd()),
  )
  return `Ready: ${regions.join(', ')} on ${endpoint}

Open that in a browser to see keys, tables and calls, and to break something.
${arns.length === 0 ? '' : `\nKeys:\n\n${arns.join('\n')}\n`}
In TypeScript, for every service and region:

  const client = new KMSClient({
    endpoint: '${endpoint}',
    region: '${region}',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })

Or for any AWS SDK and the AWS CLI, without a change of code:

  export AWS_ENDPOINT_URL=${endpoint}
  export AWS_REGION=${region}
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

Ctrl-C stops it.
`
}

/** Resolves when a signal asks the command to end. */
function endSignal(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) {
    process.stdout.write(HELP)
    return
  }
  // Before anybody can know that we run, and end what runs us.
  const runner = await findRunner()
  const cloud = await start(options)
  // Not before: a signal ends a start that takes long at once, and there is nothing that must be cleaned up.
  const end = Promise.race([endSignal(), ...(runner === undefined ? [] : [runnerEnd(runner)])])
  const { endpoint, regions, keys } = cloud
  process.stdout.write(
    options.json ? `${JSON.stringify({ ready: true, endpoint, regions, keys })}\n` : instructions(cloud),
  )
  await end
  await cloud.stop()
}

async function start({ config: file, json: _, ...options }: Options): Promise<LocalCloud> {
  const config = file === undefined ? {} : await readConfig(file)
  const regions = options.regions ?? config.regions ?? DEFAULT_REGIONS
  try {
    return await startLocalCloud({ ...options, ...config, regions })
  } catch (error) {
    throw error instanceof InitialResourceError ? new ConfigError(`${file}: ${error.message}`) : error
  }
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`dynaseal-local-cloud: ${message}\n`)
  if (error instanceof UsageError || error instanceof RangeError)
    process.stderr.write('Try dynaseal-local-cloud --help\n')
  process.exitCode = 1
})
