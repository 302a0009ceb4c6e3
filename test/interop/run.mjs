// Another language reads what Dynaseal wrote: examples/python-reader, written from docs/format.md alone,
// on the AWS Encryption SDK for Python and boto3, in the region where nothing was written. And the official hierarchical
// keyring for Python beside @dynaseal/branch-keyring; and the official AWS Database Encryption SDK for Java beside @dynaseal/db-esdk.
import { deepStrictEqual, strictEqual } from 'node:assert'
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { UpdateItemCommand } from 'dynamodb-toolbox'
import { useBranchKeys } from './branchKeys.mjs'
import { useDbEsdk } from './dbEsdk.mjs'
import { Missing, preparePython } from './python.mjs'
import { environment, readerOf } from './reader.mjs'
import { CONTEXT, EAST, EXPECTED, keyOf, LOGICAL_TABLE, put, startWorld, TABLE, WEST } from './world.mjs'

/** Where an item of each format stands, and what its reader finds in a field that was moved. */
const FORMATS = {
  message: { number: -0.5, context: {}, moved: 'wrong-location' },
  envelope: { number: 0.5, context: { 'dynaseal:format': '2' }, moved: 'not-authentic' },
}
/** Where items stand that nobody should have written, that were written with options, and that all write. */
const [FORGED, OTHER, SHARED] = [2, 3, 4]

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
const reader = readerOf(python, world)
try {
  for (const format of Object.keys(FORMATS)) {
    await readFields(format)
    await refuseFields(format)
  }
  await refuseEnvelopes()
  await readOptions()
  await readMixed()
  await checkVectors()
  await useBoto3()
} finally {
  await world.stop()
}
await useBranchKeys(python, check, environment())
await useDbEsdk(check)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function readFields(format) {
  const { number, context } = FORMATS[format]
  await put(world.customer(format), number)
  await world.cloud.waitForReplication()
  world.cloud.clearCalls()
  const read = await reader({ number, paths: EXPECTED.map(([path]) => path) })

  for (const [i, [path, value]] of EXPECTED.entries()) {
    await check(`${format}: ${WEST} reads ${JSON.stringify(path)}, ${Object.keys(value)[0]}`, () =>
      deepStrictEqual(read.lines[i], { path, value }),
    )
  }
  await check(`${format}: the reader says that all are opened`, () => strictEqual(read.code, 0))
  await check(`${format}: the replica in ${WEST} decrypted, once, and ${EAST} was not asked`, () => {
    deepStrictEqual(decrypts(), [expectedDecrypt(context)])
    deepStrictEqual(
      world.cloud.calls({ service: 'dynamodb' }).map(({ region, operation }) => `${operation} ${region}`),
      [`GetItem ${WEST}`],
    )
  })
}

/** The calls to KMS since they were last cleared. */
function decrypts() {
  return world.cloud
    .calls({ service: 'kms' })
    .map(({ region, operation, status, keyId, encryptionContext }) => ({
      region,
      operation,
      status,
      keyId,
      encryptionContext: { ...encryptionContext },
    }))
}

function expectedDecrypt(context) {
  return {
    region: WEST,
    operation: 'Decrypt',
    status: 200,
    keyId: world.keyArns[1],
    encryptionContext: { ...CONTEXT, 'dynaseal:table': LOGICAL_TABLE, ...context },
  }
}

async function refuseFields(format) {
  const { number, moved } = FORMATS[format]
  const Item = await stored(number)
  await store(FORGED, {
    text: Item.text,
    empty: 'in clear',
    // Within one item, too.
    profile: { shut: Item.cards[0].number },
    ...(Item.dynaseal !== undefined && { dynaseal: Item.dynaseal }),
  })
  await world.raw.send(
    new UpdateCommand({
      TableName: TABLE,
      Key: keyOf(number),
      UpdateExpression: 'SET r = #text, codes = :codes',
      ExpressionAttributeNames: { '#text': 'text' },
      ExpressionAttributeValues: { ':codes': Item.codes.toReversed() },
    }),
  )
  await world.cloud.waitForReplication()

  const refusedHere = (name, error, options) => refused(`${format}: ${name}`, error, { number, ...options })
  await refusedHere('moved to another item', moved, { number: FORGED, path: ['text'] })
  await refusedHere('moved to another item and attribute', moved, {
    number: FORGED,
    path: ['profile', 'shut'],
  })
  await refusedHere('moved to another attribute of its item', moved, { path: ['r'] })
  await refusedHere('a value in clear', 'not-a-message', { number: FORGED, path: ['empty'] })
  await refusedHere('another encryption context', 'wrong-context', {
    path: ['text'],
    context: { tenant: 'other' },
  })
  await refusedHere('another logical table', 'wrong-context', { path: ['text'], logicalTable: TABLE })
  await check(`${format}: a list element that moved within its list is opened, as specified`, async () => {
    const { lines } = await reader({ number, paths: [['codes', 0]] })
    deepStrictEqual(lines, [{ path: ['codes', 0], value: { S: 'second' } }])
  })
  await check(`${format}: a key that is not the one of the data key is not asked`, async () => {
    world.cloud.clearCalls()
    const kmsKey = world.keyArns[1].replace(/\/.*/, '/mrk-0')
    const { lines } = await reader({ number, paths: [['text']], kmsKey })
    deepStrictEqual(lines, [{ path: ['text'], error: 'key-unavailable' }])
    deepStrictEqual(world.cloud.calls({ service: 'kms' }), [])
  })
  const heal = world.cloud.fault({ region: WEST, service: 'kms', kind: 'deny' })
  await refusedHere(`${WEST} denies the key`, 'key-unavailable', { path: ['text'] })
  heal()
}

/** Short fields beside another envelope than their own, or none. */
async function refuseEnvelopes() {
  const { text } = await stored(FORMATS.envelope.number)
  await put(world.customer('envelope'), FORGED)
  const { dynaseal: another } = await stored(FORGED)
  const cases = [
    ['without its envelope', 'missing-envelope', {}],
    ['beside another envelope', 'wrong-envelope', { dynaseal: another }],
    ['beside a field as its envelope', 'malformed-message', { dynaseal: text }],
    ['beside text as its envelope', 'malformed-message', { dynaseal: 'in clear' }],
  ]
  for (const [name, error, envelope] of cases) {
    await store(FORGED, { text, ...envelope })
    await world.cloud.waitForReplication()
    await refused(`envelope: a short field ${name}`, error, { number: FORGED, path: ['text'] })
  }
}

/** Items of applications that name their envelopes otherwise, or have none. */
async function readOptions() {
  const paths = [['text'], ['cards', 1, 'number']]
  const expected = EXPECTED.filter(([path]) => paths.some(other => other.join() === path.join())).map(
    ([path, value]) => ({ path, value }),
  )
  const reads = async options => (await reader({ number: OTHER, paths, ...options })).lines

  await put(world.customer('envelope', { envelopeAttribute: 'sealing' }), OTHER)
  await world.cloud.waitForReplication()
  await check('envelope: in an attribute of another name', async () =>
    deepStrictEqual(await reads({ envelope: 'sealing' }), expected),
  )
  await refused(
    'envelope: in an attribute of another name, which the reader is not told',
    'missing-envelope',
    {
      number: OTHER,
      path: ['text'],
    },
  )
  await put(world.customer('envelope', { fields: 'full' }), OTHER)
  await world.cloud.waitForReplication()
  await check('envelope: in each field, where fields are full', async () => {
    strictEqual((await stored(OTHER)).dynaseal, undefined)
    deepStrictEqual(await reads(), expected)
  })
}

/** An item that one application has put, and that two others, one of which writes messages, have updated. */
async function readMixed() {
  await put(world.customer('envelope'), SHARED)
  const update = (format, values) =>
    world
      .customer(format)
      .build(UpdateItemCommand)
      .item({ ...keyOf(SHARED), ...values })
      .send()
  await update('envelope', { text: 'updated', profile: { shut: 'updated in a map' } })
  await update('message', { amount: 7, notes: { 'a.b': 'updated in a record' } })
  await world.cloud.waitForReplication()
  world.cloud.clearCalls()

  const changed = [
    [['text'], { S: 'updated' }],
    [['profile', 'shut'], { S: 'updated in a map' }],
    [['amount'], { N: '7' }],
    [['notes', 'a.b'], { S: 'updated in a record' }],
  ]
  const isChanged = path => changed.some(([other]) => other.join() === path.join())
  const expected = [...EXPECTED.filter(([path]) => !isChanged(path)), ...changed]
  await check(`${WEST} reads what three applications wrote into one item, in both formats`, async () => {
    const { lines } = await reader({ number: SHARED, paths: expected.map(([path]) => path) })
    deepStrictEqual(
      lines,
      expected.map(([path, value]) => ({ path, value })),
    )
    const { message, envelope } = FORMATS
    deepStrictEqual(
      decrypts(),
      [envelope, envelope, message].map(({ context }) => expectedDecrypt(context)),
    )
  })
}

async function stored(number) {
  const { Item } = await world.raw.send(new GetCommand({ TableName: TABLE, Key: keyOf(number) }))
  return Item
}

async function store(number, attributes) {
  await world.raw.send(new PutCommand({ TableName: TABLE, Item: { ...keyOf(number), ...attributes } }))
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
