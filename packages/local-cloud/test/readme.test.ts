import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as dynamodb from '@aws-sdk/client-dynamodb'
import * as kms from '@aws-sdk/client-kms'
import { beforeAll, expect, it } from 'vitest'
import { ENGINE_NAMES } from '../src/dynamodb/engines.js'
import { type LocalCloud, type ServiceName, startLocalCloud } from '../src/index.js'
import { buildPackage } from './build.js'
import { describeEngines } from './eachEngine.js'
import { send } from './wire.js'

const packageFile = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

beforeAll(buildPackage)

it("the README's program runs and prints what the README says", async () => {
  const readme = await readFile(packageFile('README.md'), 'utf8')
  const program = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code).join('\n')
  // Inside the package, so that it imports the package by its name, as a reader does.
  const file = packageFile('.local-cloud/readme.mjs')
  await mkdir(packageFile('.local-cloud'), { recursive: true })
  await writeFile(file, program)
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  const promised = [...program.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, text = '']) =>
    text.replace('...', ''),
  )
  expect(promised.length).toBeGreaterThan(3)
  for (const text of promised) expect(stdout).toContain(text)
})

const operationsOf = (sdk: object) =>
  Object.keys(sdk).flatMap(name => /^([A-Z]\w*)Command$/.exec(name)?.[1] ?? [])

/** Of another client, and of the same service to us. */
const STREAMS = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams']

const OPERATIONS: Record<ServiceName, string[]> = {
  kms: operationsOf(kms),
  dynamodb: [...operationsOf(dynamodb), ...STREAMS],
}

describeEngines('what the README says is not there', engine => {
  it.each(['kms', 'dynamodb'] as const)('of %s is not there, and all else is', async service => {
    const readme = await readFile(packageFile('README.md'), 'utf8')
    const rows = readme.slice(readme.indexOf('### Not there')).match(/^\| (KMS|DynamoDB).*$/gm) ?? []
    const others = ENGINE_NAMES.filter(name => name !== engine).map(name => `on ${name}`)
    const written = rows
      .filter(row => row.startsWith(service === 'kms' ? '| KMS' : '| DynamoDB'))
      .filter(row => !others.some(other => row.split('|')[1]?.includes(other)))
      .flatMap(row => row.match(/\w+/g) ?? [])
    const operations = OPERATIONS[service]
    expect(operations.length).toBeGreaterThan(50)
    const cloud: LocalCloud = await startLocalCloud({ regions: ['us-east-1'], engine })
    const unknown: string[] = []
    for (const operation of operations) {
      const request = { service, region: 'us-east-1', operation, input: {} }
      const { json } = await send(cloud.endpoint, request)
      if (/UnknownOperationException$/.test(String(json?.__type))) unknown.push(operation)
    }
    await cloud.stop()
    const listed = operations.filter(operation => written.includes(operation))
    // Said of what is there in part.
    const inPart = ['CreateKey', 'UpdateTable']
    expect(unknown.sort()).toEqual(listed.filter(name => !inPart.includes(name)).sort())
  })
})

it('the README links to nothing that is not in the package', async () => {
  const readme = await readFile(packageFile('README.md'), 'utf8')
  const { files } = JSON.parse(await readFile(packageFile('package.json'), 'utf8')) as { files: string[] }
  const targets = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target)
  expect(targets.length).toBeGreaterThan(3)
  for (const target of targets) expect(target.startsWith('https://') || files.includes(target)).toBe(true)
})
