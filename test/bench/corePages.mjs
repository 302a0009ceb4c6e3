import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
} from '@aws-crypto/client-node'
import { createFormat } from '@dynaseal/core'
import { checkOpened, median, pageOf, startWorld, TABLE, withMessages } from './coreWorld.mjs'

const CALLERS = 1000
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY

/** Bytes of a message beyond those of the value. */
export async function measureSize(bytes) {
  const [[message]] = await createFormat(startWorld()).seal(pageOf(1, 1, 'x'.repeat(bytes)))
  return message.length - bytes
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
  const sealed = withMessages(
    items,
    seal.results.map(([messages]) => messages),
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
 */
export async function measureMemory() {
  // Its message without a value has 468 bytes, so that five fields of an item take 2.5 KB.
  const items = pageOf(1000, 5, 'x'.repeat(32))
  const { keyring } = startWorld()
  const writer = createFormat({ keyring })
  const sealed = withMessages(items, await writer.seal(items))
  const pageBytes = sealed.flatMap(({ fields }) => fields).reduce((sum, { value }) => sum + value.length, 0)
  const format = createFormat({ keyring })
  // Code is compiled, and kept, once.
  checkOpened(await format.open(sealed))
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
    const opened = await format.open(sealed)
    running = false
    peak = Math.max(peak, inUse())
    checkOpened(opened)
    peaks.push(peak - before)
  }
  return { items: 1000, fields: 5, pageBytes, peakBytes: median(peaks), times: median(peaks) / pageBytes }
}

function inUse() {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
