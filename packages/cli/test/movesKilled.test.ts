import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { type Declaration, sealDocumentClient } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { JobReport } from '../src/api.js'
import { createWorld, EAST, type World } from './support/cloud.js'
import { folder } from './support/command.js'
import { buildCommand, start } from './support/started.js'

const ITEMS = 120
const LOGINS = {
  table: 'logins',
  key: ['id'],
  encrypted: ['email', 'name'],
  tokens: { id: { of: 'email' } },
} satisfies Declaration
/** A page of 50 items, and another one: this engine scans in the order of keys, so that those that are moved come last. */
const ARGS = 'rewrap logins --search-key --apply --json --segments 1 --max-wcu 100 --max-rcu 40'.split(' ')

let world: World
let made: ReturnType<typeof folder>
let newer: DynamoDBDocumentClient
beforeAll(async () => {
  buildCommand()
  world = await createWorld({ engine: 'dynoxide' })
  await world.dynamodb.createTable({
    TableName: LOGINS.table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  })
  const keyring = new MrkKeyring({ keyArns: [...world.keyArns], client: one => new KMS(world.config(one)) })
  const keys = [await createSearchKey(keyring), await createSearchKey(keyring, { version: 2 })]
  const [older, next] = keys.map(writeWith =>
    sealDocumentClient(DynamoDBDocumentClient.from(world.dynamodb), {
      keyring,
      search: createSearchTokens({ keyring, writeWith }),
    }).declare(LOGINS),
  )
  newer = next!
  for (let i = 0; i < ITEMS; i++)
    await older!.send(new PutCommand({ TableName: LOGINS.table, Item: userOf(i) }))
  made = folder({ 'dynaseal.config.mjs': configOf(keys) })
}, 120_000)
afterAll(async () => {
  made.remove()
  await world.stop()
})

const userOf = (i: number) => ({ email: `user-${i}@example.com`, name: `name ${i}`, visits: i })

const configOf = (keys: readonly Uint8Array[]) => `
  import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
  import { KMSClient } from '@aws-sdk/client-kms'
  import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
  import { createSearchTokens } from '@dynaseal/core'
  import { sealDocumentClient } from '@dynaseal/document-client'
  import { MrkKeyring } from '@dynaseal/mrk-keyring'
  const aws = region => ({ region, endpoint: '${world.cloud.endpoint}', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  const keyring = new MrkKeyring({ keyArns: ${JSON.stringify(world.keyArns)}, client: region => new KMSClient(aws(region)) })
  const [old, writeWith] = ${JSON.stringify(keys.map(key => Buffer.from(key).toString('base64')))}.map(text => Buffer.from(text, 'base64'))
  const search = createSearchTokens({ keyring, writeWith, findWith: [old] })
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(aws('${EAST}')))
  export default { clients: sealDocumentClient(documents, { keyring, search }).declare(${JSON.stringify(LOGINS)}) }
`

async function versions(): Promise<string[]> {
  const { Items = [] } = await world.dynamodb.scan({ TableName: LOGINS.table, ConsistentRead: true })
  return Items.map(({ id }) => id!.S!.split('.')[0]!)
}

/** Resolves when that is so, or when the process has ended. */
async function until(
  isSo: () => boolean | Promise<boolean>,
  { child }: ReturnType<typeof start>,
): Promise<void> {
  while (child.exitCode === null && !(await isSo())) await new Promise(setImmediate)
}
const inFirstPage = async () => (await versions()).filter(version => version === '2').length >= 7
/** Where it has come to is kept, and it is not at its end. */
function afterFirstPage(): boolean {
  const kept = join(made.path, '.dynaseal')
  return existsSync(kept) && readdirSync(kept).some(name => name.endsWith('.json'))
}

it('kill -9, and on to the end: each item is moved once, and is there once', {
  timeout: 60_000,
}, async () => {
  for (const isWhere of [inFirstPage, afterFirstPage]) {
    const process = start(ARGS, made.path)
    await until(isWhere, process)
    process.child.kill('SIGKILL')
    expect(await process.ended).toMatchObject({ code: null, note: '' })
    expect(await versions()).toHaveLength(ITEMS)
  }
  const { code, out, note } = await start(ARGS, made.path).ended
  expect([code, note]).toEqual([0, ''])
  const report = JSON.parse(out) as JobReport
  expect(report).toMatchObject({ complete: true, resumed: true, left: {} })
  expect(report.kmsCalls).toBeLessThan(10)
  expect(await versions()).toEqual(Array(ITEMS).fill('2'))
  const { Items = [] } = await newer.send(new ScanCommand({ TableName: LOGINS.table }))
  const byVisits = Items.sort((one, other) => one.visits - other.visits)
  expect(byVisits).toEqual(Array.from({ length: ITEMS }, (_, i) => userOf(i)))
  const moves = world.cloud.calls({ operation: 'TransactWriteItems' })
  expect(moves.filter(({ status }) => status === 200)).toHaveLength(ITEMS)
})
