// node --expose-gc test/bench/dbEsdk.mjs
// Prints what an item of the AWS Database Encryption SDK costs here, in format 2 and with the official release for Java, and writes it
// as dbEsdk.json and dbEsdk.md.
import { writeFileSync } from 'node:fs'
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { BranchKeyring, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { createFormat } from '@dynaseal/core'
import { createItemEncryptor } from '@dynaseal/db-esdk'
import { startLocalCloud } from '@dynaseal/local-cloud'
import { prepareJava } from '../interop/java.mjs'
import { collectYoung } from './coreWorld.mjs'
import { report } from './dbEsdkReport.mjs'
import { machine } from './machine.mjs'

const REGION = 'us-east-1'
const SUITES = ['0x6700', '0x6701']
const FIELDS = 5
const ROUNDS = 21
const WARM_UP = 4
/**
 * Items in a turn, by contestant: long enough that what it costs to come back to one's code does not count; and of those that are
 * compared by processor time, so many that V8 collects garbage several times in each.
 */
const TURN = { '0x6700': 2000, '0x6701': 60, format2: 4000 }

const names = Array.from({ length: 2 * FIELDS }, (_, index) => `f${index}`)
const item = {
  id: { S: 'customer-1' },
  ...Object.fromEntries(names.map(name => [name, { S: 'x'.repeat(98) }])),
}
const config = {
  logicalTableName: 'Customers',
  partitionKeyName: 'id',
  attributeActionsOnEncrypt: {
    id: 'SIGN_ONLY',
    ...Object.fromEntries(
      names.map((name, index) => [name, index < FIELDS ? 'ENCRYPT_AND_SIGN' : 'SIGN_ONLY']),
    ),
  },
}

const java = await prepareJava()
const world = await startWorld()
const contestants = {
  ...Object.fromEntries(
    SUITES.flatMap(suite => [
      [`${suite} branch keys`, sdkItems(suite, () => world.branchKeys())],
      [`${suite} raw AES`, sdkItems(suite, rawKeyring)],
    ]),
  ),
  format2: formatTwo(),
}
const micros = await measure()
await world.stop()
for (const suite of SUITES) {
  const aes = [{ namespace: 'bench', name: 'k', key: '00'.repeat(32) }]
  const input = { config: { ...config, algorithmSuite: suite, keyring: { aes } }, item }
  micros[`${suite} Java`] = await java.speed(
    input,
    suite === '0x6700' ? '8000' : '2000',
    suite === '0x6700' ? '3000' : '800',
  )
}
const results = {
  machine: { ...machine(), java: java.version },
  micros,
}
const text = report(results)
console.log(text)
const here = name => new URL(name, import.meta.url)
writeFileSync(here('dbEsdk.json'), `${JSON.stringify(results, undefined, 2)}\n`)
writeFileSync(here('dbEsdk.md'), text)

/**
 * Microseconds for one item at a time, of the clock and of processor time, and how many times as much processor time each takes as
 * format 2. All take turns in every round, and the ratios are medians of the rounds' own: what else the machine does, it does to all.
 */
async function measure() {
  const rounds = []
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const times = {}
    for (const [name, { turn, seal, open }] of Object.entries(contestants)) {
      const sealed = []
      times[name] = {
        seal: await timed(turn, async () => sealed.push(await seal())),
        open: await timed(turn, async index => open(sealed[index])),
      }
    }
    if (round >= 0) rounds.push(times)
  }
  const of = (name, what) => ({
    clock: median(rounds.map(times => times[name][what].clock)),
    processor: median(rounds.map(times => times[name][what].processor)),
    toFormat2: median(rounds.map(times => times[name][what].processor / times.format2[what].processor)),
  })
  return Object.fromEntries(
    Object.keys(contestants).map(name => [name, { seal: of(name, 'seal'), open: of(name, 'open') }]),
  )
}

/** The median of the clock's, and the mean of the processor's, in which is what collecting their own garbage takes. */
async function timed(turn, work) {
  collectYoung()
  const clock = []
  const processor = process.cpuUsage()
  for (let index = 0; index < turn; index++) {
    const start = process.hrtime.bigint()
    await work(index)
    clock.push(Number(process.hrtime.bigint() - start) / 1e3)
  }
  const { user, system } = process.cpuUsage(processor)
  return { clock: median(clock), processor: (user + system) / turn }
}

function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1]
}

function sdkItems(algorithmSuite, keyring) {
  const [writer, reader] = [keyring(), keyring()].map(keyring =>
    createItemEncryptor({ ...config, algorithmSuite, keyring }),
  )
  return {
    turn: TURN[algorithmSuite],
    seal: () => writer.encryptItem(item),
    open: sealed => reader.decryptItem(sealed),
  }
}

function formatTwo() {
  const [writer, reader] = [0, 1].map(() => createFormat({ keyring: rawKeyring() }))
  const place = { table: 'Customers', key: { id: item.id } }
  const fields = names.slice(0, FIELDS).map(name => ({ path: [name], value: item[name] }))
  return {
    turn: TURN.format2,
    seal: async () => (await writer.seal([{ ...place, whole: true, fields }]))[0],
    open: ({ values, attributes }) =>
      reader.open([
        { ...place, attributes, fields: fields.map(({ path }, index) => ({ path, value: values[index] })) },
      ]),
  }
}

function rawKeyring() {
  return new RawAesKeyringNode({
    keyNamespace: 'bench',
    keyName: 'k',
    unencryptedMasterKey: new Uint8Array(32),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting: true,
  })
}

async function startWorld() {
  const cloud = await startLocalCloud({ regions: [REGION], engine: 'dynoxide' })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const clientConfig = { region: REGION, endpoint: cloud.endpoint, credentials }
  const [kms, dynamodb] = [new KMSClient(clientConfig), new DynamoDBClient(clientConfig)]
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
  const options = {
    keyArns: [KeyMetadata.Arn],
    client: () => kms,
    keyStore: { tableName: 'branch-keys', client: () => dynamodb },
  }
  const administration = new KeyStoreAdministration(options)
  await administration.createTable()
  await administration.createBranchKey({ branchKeyId: 'bench' })
  return {
    branchKeys: () => new BranchKeyring({ ...options, region: REGION, branchKeyId: 'bench' }),
    async stop() {
      kms.destroy()
      dynamodb.destroy()
      await cloud.stop()
    },
  }
}
