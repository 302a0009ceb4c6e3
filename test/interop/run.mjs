// Another language reads what Dynaseal wrote: examples/python-reader, written from docs/format.md alone,
// on the AWS Encryption SDK for Python and boto3, in the region where nothing was written.
import { deepStrictEqual, strictEqual } from 'node:assert'
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { Missing, preparePython } from './python.mjs'
import {
  CONTEXT,
  EAST,
  EXPECTED,
  KEY,
  KEY_JSON,
  LOGICAL_TABLE,
  put,
  startWorld,
  TABLE,
  WEST,
} from './world.mjs'

let passed = 0
let failed = 0
const report = (name, error) => {
  if (error === undefined) passed++
  else failed++
  console.log(error === undefined ? `ok  ${name}` : `FAILED  ${name}\n${error.stack ?? error}`)
}
const check = async (name, work) => {
  try {
    await work()
    report(name)
  } catch (error) {
    report(name, error)
  }
}

// The AWS SDK's advice to use a newer Node, once per client, would bury what the checks print.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

const python = await preparePython().catch(error => {
  if (!(error instanceof Missing)) throw error
  console.error(error.message)
  process.exit(1)
})
console.log(`Python ${python.version}`)
const world = await startWorld()
try {
  await readFields()
  await refuseFields()
  await checkVectors()
  await useBoto3()
} finally {
  await world.stop()
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function readFields() {
  await put(world.Customer)
  await world.cloud.waitForReplication()
  world.cloud.clearCalls()
  const read = await reader({ paths: EXPECTED.map(([path]) => path) })

  for (const [i, [path, value]] of EXPECTED.entries()) {
    await check(`${WEST} reads ${JSON.stringify(path)}, ${Object.keys(value)[0]}`, () =>
      deepStrictEqual(read.lines[i], { path, value }),
    )
  }
  await check('the reader says that all are opened', () => strictEqual(read.code, 0))
  await check(`the replica in ${WEST} decrypted, once, and ${EAST} was not asked`, () => {
    const kms = world.cloud.calls({ service: 'kms' })
    deepStrictEqual(
      kms.map(({ region, operation, status, keyId }) => ({ region, operation, status, keyId })),
      [{ region: WEST, operation: 'Decrypt', status: 200, keyId: world.keyArns[1] }],
    )
    deepStrictEqual({ ...kms[0].encryptionContext }, { ...CONTEXT, 'dynaseal:table': LOGICAL_TABLE })
    deepStrictEqual(
      world.cloud.calls({ service: 'dynamodb' }).map(({ region, operation }) => `${operation} ${region}`),
      [`GetItem ${WEST}`],
    )
  })
}

async function refuseFields() {
  const other = { ...KEY, number: 2 }
  const { Item } = await world.raw.send(new GetCommand({ TableName: TABLE, Key: KEY }))
  await world.raw.send(
    new PutCommand({
      TableName: TABLE,
      Item: {
        ...other,
        text: Item.text,
        empty: 'in clear',
        // Within one item, too.
        profile: { shut: Item.cards[0].number },
      },
    }),
  )
  await world.raw.send(
    new UpdateCommand({
      TableName: TABLE,
      Key: KEY,
      UpdateExpression: 'SET r = #text, codes = :codes',
      ExpressionAttributeNames: { '#text': 'text' },
      ExpressionAttributeValues: { ':codes': Item.codes.toReversed() },
    }),
  )
  await world.cloud.waitForReplication()

  const keyJson = { ...KEY_JSON, number: { N: '2' } }
  await refused('moved to another item', 'wrong-location', { keyJson, path: ['text'] })
  await refused('moved to another item and attribute', 'wrong-location', {
    keyJson,
    path: ['profile', 'shut'],
  })
  await refused('moved to another attribute of its item', 'wrong-location', { path: ['r'] })
  await refused('a value in clear', 'not-a-message', { keyJson, path: ['empty'] })
  await refused('another encryption context', 'wrong-context', {
    path: ['text'],
    context: { tenant: 'other' },
  })
  await refused('another logical table', 'wrong-context', { path: ['text'], logicalTable: TABLE })
  await check('a list element that moved within its list is opened, as specified', async () => {
    const { lines } = await reader({ paths: [['codes', 0]] })
    deepStrictEqual(lines, [{ path: ['codes', 0], value: { S: 'second' } }])
  })
  await check('a key that is not the one of the message is not asked', async () => {
    world.cloud.clearCalls()
    const { lines } = await reader({ paths: [['text']], kmsKey: world.keyArns[1].replace(/\/.*/, '/mrk-0') })
    deepStrictEqual(lines, [{ path: ['text'], error: 'key-unavailable' }])
    deepStrictEqual(world.cloud.calls({ service: 'kms' }), [])
  })
  const heal = world.cloud.fault({ region: WEST, service: 'kms', kind: 'deny' })
  await refused(`${WEST} denies the key`, 'key-unavailable', { path: ['text'] })
  heal()
}

async function refused(name, error, { path, ...options }) {
  await check(`refused, ${error}: ${name}`, async () => {
    const { code, lines } = await reader({ paths: [path], ...options })
    deepStrictEqual(lines, [{ path, error }])
    strictEqual(code, 1)
  })
}

async function checkVectors() {
  await check('the vectors of test/vectors open, or are refused, as they should', async () => {
    const { code, stdout, stderr } = await python.run('examples/python-reader/check_vectors.py', [], {})
    strictEqual(code, 0, stdout + stderr)
    console.log(`    ${stdout.trim()}`)
  })
}

async function useBoto3() {
  const { code, stdout, stderr } = await python.run(
    'test/interop/boto3_client.py',
    [world.cloud.endpoint],
    environment(),
  )
  for (const line of stdout.trim().split('\n')) {
    report(
      `boto3, unmodified: ${line.replace(/^(not )?ok +/, '')}`,
      line.startsWith('ok ') ? undefined : stderr,
    )
  }
  await check('boto3, unmodified: the program came to its end', () => strictEqual(code, 0, stderr))
}

/** The reader's command as one would type it. */
async function reader({
  paths,
  keyJson = KEY_JSON,
  context = CONTEXT,
  logicalTable = LOGICAL_TABLE,
  kmsKey = world.keyArns[1],
}) {
  const { code, stdout, stderr } = await python.run(
    'examples/python-reader/reader.py',
    [
      ...['--region', WEST, '--endpoint-url', world.cloud.endpoint, '--kms-key', kmsKey],
      ...['--table', TABLE, '--logical-table', logicalTable, '--key', JSON.stringify(keyJson)],
      ...Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`]),
      ...paths.map(path => JSON.stringify(path)),
    ],
    environment(),
  )
  if (code > 1 || stdout === '') throw new Error(`the reader ended with ${code}: ${stderr}`)
  return { code, lines: stdout.trim().split('\n').map(JSON.parse) }
}

/** Nothing of this machine's AWS configuration, and no proxy in between. */
function environment() {
  return {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: '',
    AWS_SHARED_CREDENTIALS_FILE: '',
    AWS_PROFILE: undefined,
    AWS_SESSION_TOKEN: undefined,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  }
}
