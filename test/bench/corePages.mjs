import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
} from '@aws-crypto/client-node'
import { createFormat } from '@dynaseal/core'
import { asStored, bytesOf, checkOpened, median, pageOf, startWorld, TABLE } from './coreWorld.mjs'

const CALLERS = 1000
const [ITEMS, FIELDS] = [1000, 5]
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY

/** Bytes that the formats add: to a field, to an item, and to an item with fields as the target has it. */
export async function measureSize() {
  const { keyring } = startWorld()
  const [item] = pageOf(1, 1, 'x'.repeat(256))
  const added = async (format, items) => {
    const sealed = await createFormat({ keyring, format }).seal(items)
    const clear = items.flatMap(({ fields }) => fields).reduce((sum, { value }) => sum + value.S.length, 0)
    return { bytes: bytesOf(asStored(items, sealed)) - clear, sealed }
  }
  const whole = await added('envelope', [item])
  const [envelope] = Object.values(whole.sealed[0].attributes)
  const [fields, fieldBytes] = [10, 30]
  const page = pageOf(1, fields, 'x'.repeat(fieldBytes))
  return {
    short: whole.sealed[0].values[0].length - 256,
    envelope: envelope.length,
    full: (await added('envelope', [{ ...item, whole: false }])).bytes,
    message: (await added('message', [item])).bytes,
    item: {
      fields,
      fieldBytes,
      envelope: (await added('envelope', page)).bytes,
      message: (await added('message', page)).bytes,
    },
  }
}

/** Calls to KMS that parallel callers cause whose cache is empty. */
export async function measureColdCalls() {
  const { kms, keyring } = startWorld()
  const items = pageOf(CALLERS, 1, 'x'.repeat(256))
  const count = async run => {
    const before = kms.calls
    const results = await Promise.all(items.map((_, index) => run(index)))
    return { calls: kms.calls - before, results }
  }
  const sealing = createFormat({ keyring })
  const seal = await count(index => sealing.seal([items[index]]))
  const sealed = asStored(
    items,
    seal.results.map(([one]) => one),
  )
  const opening = createFormat({ keyring })
  const open = await count(async index => checkOpened(await opening.open([sealed[index]])))

  const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const cmm = () =>
    new NodeCachingMaterialsManager({
      backingMaterials: keyring,
      cache: getLocalCryptographicMaterialsCache(100),
      maxAge: 3_600_000,
    })
  const encrypting = cmm()
  const encrypt = await count(() =>
    client.encrypt(encrypting, 'x'.repeat(256), { suiteId, encryptionContext: { 'dynaseal:table': TABLE } }),
  )
  const decrypting = cmm()
  const { result } = encrypt.results[0]
  const decrypt = await count(() => client.decrypt(decrypting, result))
  return {
    callers: CALLERS,
    ours: { seal: seal.calls, open: open.calls },
    clientNode: { seal: encrypt.calls, open: decrypt.calls },
  }
}

/**
 * The most memory that opening a page takes beyond what there was before, garbage that V8 has not
 * collected included. To be run in a process of its own.
 *
 * @param name of the format, or `bare`
 * @param fieldBytes of the values: in format 2 those of the target, in format 1 some that its messages are large beside
 */
export async function measureMemory(name, fieldBytes) {
  const items = pageOf(ITEMS, FIELDS, 'x'.repeat(fieldBytes))
  const { pageBytes, open } = name === 'bare' ? bare(items) : await ours(name, items)
  // Code is compiled, and kept, once.
  await open()
  const peaks = []
  for (let round = 0; round < 7; round++) {
    globalThis.gc()
    const before = inUse()
    let peak = before
    let running = true
    const sample = () => {
      peak = Math.max(peak, inUse())
      if (running) setImmediate(sample)
    }
    setImmediate(sample)
    const opened = await open()
    running = false
    peak = Math.max(peak, inUse())
    if (opened.length !== ITEMS) throw new Error('Not all of the page was opened.')
    peaks.push(peak - before)
  }
  return {
    items: ITEMS,
    fields: FIELDS,
    fieldBytes,
    pageBytes,
    peakBytes: median(peaks),
    times: median(peaks) / pageBytes,
  }
}

async function ours(name, items) {
  const { keyring } = startWorld()
  const writer = createFormat({ keyring, format: name })
  const sealed = asStored(items, await writer.seal(items))
  const format = createFormat({ keyring })
  const open = async () => {
    const opened = await format.open(sealed)
    checkOpened(opened)
    return opened
  }
  return { pageBytes: bytesOf(sealed), open }
}

/** The least that Node.js asks for: a cipher object for each field, and its value. */
function bare(items) {
  const key = randomBytes(32)
  const sealed = items.map(({ fields }) =>
    fields.map(({ value }) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      return {
        nonce,
        bytes: Buffer.concat([cipher.update(value.S), cipher.final()]),
        tag: cipher.getAuthTag(),
      }
    }),
  )
  const openField = ({ nonce, bytes, tag }) => {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(tag)
    const text = decipher.update(bytes).toString('latin1')
    decipher.final()
    return { S: text }
  }
  const pageBytes = sealed
    .flat()
    .reduce((sum, { nonce, bytes, tag }) => sum + nonce.length + bytes.length + tag.length, 0)
  return { pageBytes, open: async () => sealed.map(fields => fields.map(openField)) }
}

function inUse() {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
