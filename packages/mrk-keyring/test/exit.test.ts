import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type KeyInRegions, startKeyInRegions } from './cloud.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

let key: KeyInRegions
beforeAll(async () => {
  // A process of its own runs what users get, which is the build.
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  await run(process.execPath, [join(typescript, 'bin/tsc'), '-b', root])
  await run(process.execPath, [join(root, '../../scripts/bundle.mjs')])
  key = await startKeyInRegions()
})
afterAll(() => key.stop())

const SCRIPT = `
  import { buildClient } from '@aws-crypto/client-node'
  import { MrkKeyring } from '@dynaseal/mrk-keyring'

  const { encrypt, decrypt } = buildClient()
  const { keyArns, ...options } = JSON.parse(process.env.OPTIONS)
  const keyring = await MrkKeyring.discover({ ...options, keyId: keyArns[0] })
  const { result } = await encrypt(keyring, 'hello')
  const { plaintext } = await decrypt(keyring, result)
  const hanging = new MrkKeyring({ ...options, keyArns: keyArns.slice(2), timeout: 200 })
  const error = await encrypt(hanging, 'hello').catch(error => error)
  console.log(plaintext.toString(), error.code)
`

it('lets the process exit after hedges, deadlines and discovery, without close', async () => {
  key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'hang', operation: 'GenerateDataKey' })
  key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'hang', operation: 'Decrypt' })
  key.cloud.fault({ region: 'eu-west-1', service: 'kms', kind: 'hang' })
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    cwd: root,
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_KMS: key.cloud.endpoint,
      OPTIONS: JSON.stringify({ keyArns: key.arns, region: 'us-east-1', hedge: { max: 50 } }),
    },
  })
  expect(stdout).toBe('hello TIMEOUT\n')
})
