import { createRequire } from 'node:module'
import { createItemEncryptor } from './dist/index.js'
import { createFormat, dataKeySource } from '../core/dist/index.js'
import { sourceAsKeyring } from '../core/dist/formats.js'
import { wrap, unwrap } from '../branch-keyring/dist/wrapping.js'
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node'
const raw = new RawAesKeyringNode({ keyName: 'k', keyNamespace: 'n', unencryptedMasterKey: new Uint8Array(32), wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING, utf8Sorting: true })
import { serializePairs } from './dist/context.js'
const w = ctx => ({ secret: Buffer.alloc(32, 1), branchKeyId: 'b', version: Buffer.alloc(16), context: serializePairs(ctx) })
const branch = sourceAsKeyring({
  async generateDataKey({ encryptionContext }) { const dataKey = crypto.getRandomValues(new Uint8Array(32)); return { dataKey, encryptedDataKeys: [{ providerId: 'aws-kms-hierarchy', providerInfo: 'b', encryptedDataKey: wrap(dataKey, w(encryptionContext)) }] } },
  async decryptDataKey({ encryptionContext, encryptedDataKeys: [e] }) { return unwrap(e.encryptedDataKey, w(encryptionContext)) } })
const actions = { id: 'SIGN_ONLY' }, item = { id: { S: 'customer-1' } }
for (let i = 0; i < 10; i++) { actions['f' + i] = i < 5 ? 'ENCRYPT_AND_SIGN' : 'SIGN_ONLY'; item['f' + i] = { S: 'x'.repeat(98) } }
const med = a => a.sort((x, y) => x - y)[a.length >> 1]
const time = async (name, seal, open, n = 2000) => {
  const sealed = []
  for (let i = 0; i < 500; i++) await open(await seal())
  let a = process.cpuUsage(); for (let i = 0; i < n; i++) sealed.push(await seal()); let u = process.cpuUsage(a)
  const s = (u.user + u.system) / n
  a = process.cpuUsage(); for (const x of sealed) await open(x); u = process.cpuUsage(a)
  console.log(name, 'cpu seal', s.toFixed(1), 'open', ((u.user + u.system) / n).toFixed(1), 'µs')
}
const only = process.argv[2]
const run = async (name, ...rest) => { if (!only || name.includes(only)) await time(name, ...rest) }
for (const [kn, keyring] of [['raw', raw], ['branch', branch]]) for (const suite of ['0x6700', '0x6701']) {
  const o = { keyring, logicalTableName: 'Customers', partitionKeyName: 'id', attributeActionsOnEncrypt: actions, algorithmSuite: suite }
  const e = createItemEncryptor(o), d = createItemEncryptor(o)
  await run(kn + ' ' + suite, () => e.encryptItem(item), x => d.decryptItem(x), suite === '0x6700' ? 3000 : 500)
}
const f = createFormat({ keyring: branch }), g = createFormat({ keyring: branch })
await run('format2', async () => { const [r] = await f.seal([{ table: 'Customers', key: { id: item.id }, whole: true, fields: [0,1,2,3,4].map(i => ({ path: ['f' + i], value: item['f' + i] })) }]); return r }, r => g.open([{ table: 'Customers', key: { id: item.id }, attributes: r.attributes, fields: r.values.map((value, i) => ({ path: ['f' + i], value })) }]), 5000)
