// node test/bench/lambda.mjs
// What Dynaseal adds to a Lambda function: bytes of its bundle, and time until its first put. Prints it and writes it as
// lambda.json and lambda.md. Exits with 1 when a target is missed.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startLocalCloud } from '@dynaseal/local-cloud'
import { median } from './coreWorld.mjs'
import { bundle } from './lambda/bundle.mjs'
import { report } from './lambdaReport.mjs'

const ROUNDS = 15
const run = promisify(execFile)
const here = name => fileURLToPath(new URL(name, import.meta.url))

const load = [loadavg()[0]]
const deployed = mkdtempSync(join(tmpdir(), 'dynaseal-lambda-'))
const cloud = await startLocalCloud({
  regions: ['us-east-1', 'us-west-2'],
  keys: [{ AliasName: 'alias/customers', ReplicaRegions: ['us-west-2'] }],
  tables: ['plain', 'sealed'].map(TableName => ({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  })),
})
try {
  mkdirSync(join(deployed, 'node_modules'))
  symlinkSync(here('../node_modules/@aws-sdk'), join(deployed, 'node_modules/@aws-sdk'))
  const contestants = []
  for (const format of ['esm', 'cjs'])
    for (const name of ['plain', 'sealed']) {
      const file = join(deployed, `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`)
      contestants.push({ name, format, file, ...(await bundle(`${name}.mjs`, format, file)), times: [] })
    }
  const { bytes: withFullMessages } = await bundle('sealed.mjs', 'esm', join(deployed, 'full.mjs'), [])
  // One round more, whose files nobody has read before.
  for (let round = -1; round < ROUNDS; round++)
    for (const { name, file, times } of contestants) {
      const time = await start(name, file)
      if (round >= 0) times.push(time)
    }
  const measured = contestants.map(({ name, format, bytes, packages, times }) => ({
    name,
    format,
    bytes,
    packages,
    loaded: median(times.map(({ loaded }) => loaded)),
    put: median(times.map(({ put }) => put)),
  }))
  load.push(loadavg()[0])
  const result = {
    machine: { cpus: cpus().length, node: process.version, load },
    rounds: ROUNDS,
    measured,
    withFullMessages,
  }
  const { text, missed } = report(result)
  writeFileSync(here('lambda.json'), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(here('lambda.md'), text)
  console.log(text)
  process.exitCode = missed.length === 0 ? 0 : 1
} finally {
  await cloud.stop()
  rmSync(deployed, { recursive: true })
}

async function start(name, file) {
  const { stdout } = await run(process.execPath, [here('lambda/start.mjs'), file], {
    env: {
      AWS_ENDPOINT_URL: cloud.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      KEY_ARNS: Object.values(cloud.keys[0].arns).join(','),
      TABLE: name,
    },
  })
  return JSON.parse(stdout)
}
