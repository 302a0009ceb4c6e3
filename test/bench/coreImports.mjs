import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from './coreWorld.mjs'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))
const ROUNDS = 7

const SDK = [
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/lib-dynamodb',
  '@aws-sdk/util-dynamodb',
  '@aws-sdk/client-kms',
]
const OURS = ['@dynaseal/toolbox', '@dynaseal/core']
const CLIENT_NODE = ['@aws-crypto/client-node']

/**
 * Milliseconds that importing takes in a fresh process. The AWS SDK's own time is taken out by importing
 * all of its packages that either side uses first, before the clock starts.
 */
export async function measureImports() {
  const cases = {
    'ours, all': [[], OURS],
    'client-node, all': [[], CLIENT_NODE],
    'ours, without the AWS SDK': [SDK, OURS],
    'client-node, without the AWS SDK': [SDK, CLIENT_NODE],
    'ours, without the AWS SDK and dynamodb-toolbox': [[...SDK, 'dynamodb-toolbox'], OURS],
    'dynamodb-toolbox, without the AWS SDK': [SDK, ['dynamodb-toolbox']],
  }
  const times = Object.fromEntries(Object.keys(cases).map(name => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, [first, then]] of Object.entries(cases))
      times[name].push(await timeImports(first, then))
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]))
}

async function timeImports(first, then) {
  const imports = names => names.map(name => `await import(${JSON.stringify(name)});`).join('')
  const program = `${imports(first)} const start = performance.now(); ${imports(then)} console.log(performance.now() - start)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
    cwd: here,
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  })
  return Number(stdout)
}
