// The AWS Encryption SDK in the same bundle: it takes our keyring for one of its own, alone and in a multi keyring,
// and our format takes one of its own.
import assert from 'node:assert/strict'
import { buildClient, KeyringNode, MultiKeyringNode } from '@aws-crypto/client-node'
import { KMSClient } from '@aws-sdk/client-kms'
import { createFormat } from '@dynaseal/core'
import '@dynaseal/core/materials'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import '@dynaseal/mrk-keyring/materials'

const { endpoint, region, keyArn } = JSON.parse(process.env.WORLD)
const config = { endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }

async function main() {
  const keyring = new MrkKeyring({ keyArns: [keyArn], client: () => new KMSClient(config) })
  assert(keyring instanceof KeyringNode)
  const { encrypt, decrypt } = buildClient()
  for (const each of [keyring, new MultiKeyringNode({ generator: keyring })]) {
    const { result } = await encrypt(each, 'hello')
    const { plaintext } = await decrypt(each, result)
    assert.equal(plaintext.toString(), 'hello')
  }
  const stock = new MultiKeyringNode({ generator: keyring })
  const place = { table: 'users', key: { id: { S: '1' } } }
  for (const options of [{}, { format: 'message' }, { format: 'message', codec: 'client-node' }]) {
    const format = () => createFormat({ keyring: stock, ...options })
    const [{ values }] = await format().seal([{ ...place, fields: [{ path: ['ssn'], value: { S: 'x' } }] }])
    const [{ fields }] = await format().open([{ ...place, fields: [{ path: ['ssn'], value: values[0] }] }])
    assert.deepEqual(fields, [{ value: { S: 'x' } }])
  }
  console.log('encrypted and decrypted')
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
