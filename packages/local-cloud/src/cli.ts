#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { startLocalCloud } from './localCloud.js'

const HELP = `AWS regions on loopback: KMS with multi-Region keys, DynamoDB with global tables.

Usage: dynaseal-local-cloud [options]

  --regions LIST   regions, separated by commas (default: us-east-1,us-west-2)
  --port NUMBER    port on 127.0.0.1, 0 for any free one (default: 4566)
  --json           print one line of JSON when ready, and nothing else
  --help           print this

Everything is in memory and gone when it stops. Stop it with Ctrl-C.
`

class UsageError extends Error {}

interface Options {
  readonly regions: readonly string[]
  readonly port: number
  readonly json: boolean
}

/** Undefined when help is asked for. */
function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parse(args)
  if (values.help) return undefined
  const regions = values.regions
    .split(',')
    .map(region => region.trim())
    .filter(region => region !== '')
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65535)
    throw new UsageError(`--port takes a number from 0 to 65535, not ${JSON.stringify(values.port)}`)
  return { regions, port, json: values.json }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        regions: { type: 'string', default: 'us-east-1,us-west-2' },
        port: { type: 'string', default: '4566' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function instructions(endpoint: string, regions: readonly string[]): string {
  const [region = ''] = regions
  return `Ready: ${regions.join(', ')} on ${endpoint}

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

/** Resolves with the signal that asks the command to end. */
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
  const end = endSignal()
  const cloud = await startLocalCloud(options)
  const { endpoint, regions } = cloud
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ready: true, endpoint, regions })}\n`
      : instructions(endpoint, regions),
  )
  await end
  await cloud.stop()
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`dynaseal-local-cloud: ${message}\n`)
  if (error instanceof UsageError || error instanceof RangeError)
    process.stderr.write('Try dynaseal-local-cloud --help\n')
  process.exitCode = 1
})
