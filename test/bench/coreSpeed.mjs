import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
} from '@aws-crypto/client-node'
import { createFormat } from '@dynaseal/core'
import { suite } from './coreSuite.mjs'
import { asStored, checkOpened, collectYoung, median, pageOf, startWorld, TABLE } from './coreWorld.mjs'

const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)

const ROUNDS = 15
/** Until all code is compiled. */
const WARM_UP = 5
/** Operations in a turn: long enough that what it costs to come back to one's code does not count. */
const TURN = 1600
const CLIENT_NODE_TURN = 48
const ITEMS = 25
const FIELDS = 4
const PAGE = ITEMS * FIELDS

/**
 * Microseconds of processor time per field, by contestant, and how many times as much each takes as another.
 * All take turns in every round, and the ratios are medians of the rounds' own: what else the machine does,
 * it does to all. Processor time, because a busy machine would charge whoever it interrupts.
 */
export async function measureSpeed(bytes) {
  const contestants = await contestantsFor('x'.repeat(bytes))
  const times = Object.fromEntries(Object.keys(contestants).map(name => [name, []]))
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [name, { fields, run }] of rotated(Object.entries(contestants), round)) {
      collectYoung()
      const start = process.cpuUsage()
      await run()
      const { user, system } = process.cpuUsage(start)
      const micros = (user + system) / fields
      if (round >= 0) times[name].push(micros)
    }
  }
  const ratio = (a, b) => ({
    seal: median(times[`${a}.seal`].map((time, round) => time / times[`${b}.seal`][round])),
    open: median(times[`${a}.open`].map((time, round) => time / times[`${b}.open`][round])),
  })
  const ratiosOf = format => ({
    clientNodeToPage: ratio('clientNode', `${format}.page`),
    clientNodeToSingle: ratio('clientNode', `${format}.single`),
    pageToSuite: ratio(`${format}.page`, 'suite'),
    pageToBare: ratio(`${format}.page`, 'bare'),
    singleToBare: ratio(`${format}.single`, 'bare'),
  })
  return {
    bytes,
    micros: Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)])),
    envelope: ratiosOf('envelope'),
    message: ratiosOf('message'),
  }
}

function rotated(list, by) {
  const from = ((by % list.length) + list.length) % list.length
  return [...list.slice(from), ...list.slice(0, from)]
}

async function contestantsFor(text) {
  const { keyring } = startWorld()
  const cmm = new NodeCachingMaterialsManager({
    backingMaterials: keyring,
    cache: getLocalCryptographicMaterialsCache(100),
    maxAge: 3_600_000,
    maxMessagesEncrypted: 2 ** 20,
  })
  const encrypt = () => client.encrypt(cmm, text, { suiteId, encryptionContext: { 'dynaseal:table': TABLE } })
  const { result } = await encrypt()

  const key = randomBytes(32)
  const bare = sealBare(key, text)
  const suiteAlone = suite(text)

  return {
    ...(await oursFor('envelope', keyring, text)),
    ...(await oursFor('message', keyring, text)),
    'bare.seal': { fields: TURN, run: () => repeatAtOnce(TURN, () => sealBare(key, text)) },
    'bare.open': { fields: TURN, run: () => repeatAtOnce(TURN, () => openBare(key, bare)) },
    'suite.seal': { fields: TURN, run: () => repeatAtOnce(TURN, suiteAlone.seal) },
    'suite.open': { fields: TURN, run: () => repeatAtOnce(TURN, suiteAlone.open) },
    'clientNode.seal': { fields: CLIENT_NODE_TURN, run: () => repeat(CLIENT_NODE_TURN, encrypt) },
    'clientNode.open': {
      fields: CLIENT_NODE_TURN,
      run: () =>
        repeat(CLIENT_NODE_TURN, async () => (await client.decrypt(cmm, result)).plaintext.toString()),
    },
  }
}

/** A page, and one field of one item, in a format. */
async function oursFor(name, keyring, text) {
  const format = createFormat({ keyring, format: name })
  const items = pageOf(ITEMS, FIELDS, text)
  const sealed = asStored(items, await format.seal(items))
  const one = pageOf(1, 1, text)
  const sealedOne = asStored(one, await format.seal(one))
  return {
    [`${name}.page.seal`]: { fields: TURN, run: () => repeat(TURN / PAGE, () => format.seal(items)) },
    [`${name}.page.open`]: {
      fields: TURN,
      run: () => repeat(TURN / PAGE, async () => checkOpened(await format.open(sealed))),
    },
    [`${name}.single.seal`]: { fields: TURN, run: () => repeat(TURN, () => format.seal(one)) },
    [`${name}.single.open`]: {
      fields: TURN,
      run: () => repeat(TURN, async () => checkOpened(await format.open(sealedOne))),
    },
  }
}

async function repeat(times, run) {
  for (let i = 0; i < times; i++) await run()
}

function repeatAtOnce(times, run) {
  for (let i = 0; i < times; i++) run()
}

/** What one writes who needs no KMS, no binding and no format: the least that encryption costs. */
function sealBare(key, text) {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

function openBare(key, bytes) {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
}
