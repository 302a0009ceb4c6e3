// What wrapping and unwrapping one data key takes, with the branch key in memory, beside the stock keyring.
import { BranchKeyStoreNode } from '@aws-crypto/branch-keystore-node'
import { KmsHierarchicalKeyRingNode } from '@aws-crypto/kms-keyring-node'
import { decryptDataKey, generateDataKey } from './branchKeyringMaterials.mjs'
import { TENANT } from './branchKeyringWorld.mjs'

const CALLS = 2_000
const ROUNDS = 15
const CONTEXT = { 'dynaseal:table': 'customers', tenant: 'acme' }

/** Processor time in µs, materials included, as a caller of the keyring has it. */
export async function wrapping(world) {
  const [region] = world.regions
  const stock = new KmsHierarchicalKeyRingNode({
    branchKeyId: TENANT,
    cacheLimitTtl: 600,
    keyStore: new BranchKeyStoreNode({
      storage: { ddbTableName: 'branch-keys', ddbClient: world.clients.dynamodb(region) },
      logicalKeyStoreName: 'branch-keys',
      kmsConfiguration: { mrkIdentifier: world.keyArns[0] },
      keyManagement: { kmsClient: world.clients.kms(region) },
    }),
  })
  const ours = world.keyring(region)
  const { encryptedDataKeys } = await generateDataKey(ours, { ...CONTEXT })
  const contestants = {
    'ours, wrap': () => generateDataKey(ours, { ...CONTEXT }),
    'ours, unwrap': () => decryptDataKey(ours, { ...CONTEXT }, encryptedDataKeys),
    'stock, wrap': () => generateDataKey(stock, { ...CONTEXT }),
    'stock, unwrap': () => decryptDataKey(stock, { ...CONTEXT }, encryptedDataKeys),
  }
  const taken = Object.fromEntries(Object.keys(contestants).map(name => [name, []]))
  for (let round = 0; round < ROUNDS + 2; round++)
    for (const [name, call] of Object.entries(contestants)) taken[name].push(await processorTime(call))
  return Object.fromEntries(
    Object.entries(taken).map(([name, values]) => [
      name,
      // The first two rounds compile.
      values.slice(2).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)],
    ]),
  )
}

async function processorTime(call) {
  const used = process.cpuUsage()
  for (let n = 0; n < CALLS; n++) await call()
  const { user, system } = process.cpuUsage(used)
  return (user + system) / CALLS
}
