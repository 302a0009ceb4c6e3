import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DescribeTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { ScanCommand as DocumentScan, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { sealDocumentClient } from '@dynaseal/document-client'
import { type LocalCloud, startLocalCloud } from '@dynaseal/local-cloud'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { describeDynoxide } from '../../packages/local-cloud/test/eachEngine.js'
import { forLambda, readStream } from '../support/streamRecords.js'

const [EAST, WEST] = ['us-east-1', 'us-west-2'] as const
const PROCESSES = 5
const KEY_STORE = 'branch-keys'
const BRANCH_KEY = 'customers'
const EXAMPLE = fileURLToPath(new URL('../../examples/lambda/', import.meta.url))
const PROCESS = fileURLToPath(new URL('./lambdaProcess.mjs', import.meta.url))
// Processes are started, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })
const run = promisify(execFile)

const FORMATS = ['esm', 'cjs'] as const
const KINDS = ['mrk', 'branch-keys'] as const
type Format = (typeof FORMATS)[number]
type Kind = (typeof KINDS)[number]
type Answer = { statusCode: number; body?: string; batchItemFailures?: object[] }

const customer = (n: number) => ({
  plan: 'pro',
  name: `Ada ${n}`,
  email: `ada.${n}@example.com`,
  address: { street: 'Harbour Road 12', zip: '50021', city: 'Bergen' },
})

// The key store is written in transactions, which need this engine.
describeDynoxide('the Lambda example, from its bundle', () => {
  let cloud: LocalCloud
  let keyArns: string[]
  /** Where only the bundles are and the AWS SDK, as on Lambda. */
  const deployed = mkdtempSync(join(tmpdir(), 'dynaseal-lambda-'))

  beforeAll(async () => {
    await run(process.execPath, [join(EXAMPLE, 'bundle.mjs')], { timeout: 60_000 })
    cpSync(join(EXAMPLE, 'dist'), deployed, { recursive: true })
    mkdirSync(join(deployed, 'node_modules'))
    symlinkSync(join(EXAMPLE, 'node_modules/@aws-sdk'), join(deployed, 'node_modules/@aws-sdk'))

    cloud = await startLocalCloud({
      regions: [EAST, WEST],
      replicationDelay: 1,
      engine: 'dynoxide',
      keys: [{ AliasName: 'alias/customers', ReplicaRegions: [WEST] }],
      tables: [...KINDS.flatMap(kind => FORMATS.map(format => tableOf(kind, format))), ...STREAMING].map(
        TableName => ({
          TableName,
          ReplicaRegions: [WEST],
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
        }),
      ),
    })
    keyArns = Object.values(cloud.keys[0]!.arns)
    const administration = new KeyStoreAdministration({
      keyArns,
      client: region => new KMSClient(config(region)),
      keyStore: { tableName: KEY_STORE, client: region => new DynamoDBClient(config(region)) },
    })
    await administration.createTable()
    await administration.createBranchKey({ branchKeyId: BRANCH_KEY })
    await cloud.waitForReplication()
  })
  beforeEach(() => cloud.clearCalls())
  afterAll(async () => {
    rmSync(deployed, { recursive: true, force: true })
    await cloud?.stop()
  })

  const config = (region: string) => ({
    region,
    endpoint: cloud.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })

  /** What the events are answered by one fresh process of the function in a region. */
  async function invoke(
    {
      kind,
      format,
      region,
      name = 'handler',
    }: { kind: Kind; format: Format; region: string; name?: 'handler' | 'stream' },
    events: readonly object[],
    changed: Record<string, string> = {},
  ): Promise<Answer[]> {
    const bundle = join(deployed, kind, format, `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`)
    const env = {
      AWS_ENDPOINT_URL: cloud.endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      KEY_ARNS: keyArns.join(','),
      TABLE: tableOf(kind, format),
      ...(kind === 'branch-keys' ? { KEY_STORE_TABLE: KEY_STORE, BRANCH_KEY_ID: BRANCH_KEY } : {}),
      // Calls are counted: a second region that is asked because this machine is busy would be counted too.
      ROUTING: JSON.stringify({ hedge: false, attemptTimeout: 20_000, timeout: 25_000 }),
      ...changed,
    }
    const { stdout } = await run(process.execPath, [PROCESS, bundle, JSON.stringify(events)], {
      env,
      timeout: 60_000,
    })
    return JSON.parse(stdout)
  }

  const called = (service: 'kms' | 'dynamodb', ...operations: string[]) =>
    cloud
      .calls({ service })
      .filter(({ operation }) => operations.length === 0 || operations.includes(operation))
      .map(({ operation, region, status }) => `${operation} ${region} ${status}`)

  describe.each(FORMATS)('%s', format => {
    test.each(KINDS)('with the keyring %s: what the processes cost, in two regions', async kind => {
      const branchKeys = kind === 'branch-keys'

      const written = await Promise.all(
        Array.from({ length: PROCESSES }, (_, n) =>
          invoke({ kind, format, region: EAST }, [request('PUT', `${n}`, customer(n))]),
        ),
      )
      expect(written.flat()).toEqual(times(PROCESSES, { statusCode: 204 }))
      expect(called('kms')).toEqual(
        times(PROCESSES, `${branchKeys ? 'Decrypt' : 'GenerateDataKey'} ${EAST} 200`),
      )
      expect(called('dynamodb', 'PutItem')).toEqual(times(PROCESSES, `PutItem ${EAST} 200`))
      expect(called('dynamodb', 'GetItem', 'Query')).toEqual(
        branchKeys ? times(PROCESSES, `GetItem ${EAST} 200`) : [],
      )

      await cloud.waitForReplication()
      cloud.clearCalls()
      const read = await invoke(
        { kind, format, region: WEST },
        Array.from({ length: PROCESSES }, (_, n) => request('GET', `${n}`)),
      )
      expect(read.map(({ statusCode, body }) => [statusCode, JSON.parse(body ?? '')])).toEqual(
        Array.from({ length: PROCESSES }, (_, n) => [200, { id: `${n}`, ...customer(n) }]),
      )
      expect(called('kms')).toEqual(times(branchKeys ? 1 : PROCESSES, `Decrypt ${WEST} 200`))
      // One for each customer, and one for the branch key.
      expect(called('dynamodb', 'GetItem', 'Query')).toEqual(
        times(PROCESSES + (branchKeys ? 1 : 0), `GetItem ${WEST} 200`),
      )
    })

    test.each(KINDS)('with the keyring %s: nothing is stored in clear', async kind => {
      await invoke({ kind, format, region: EAST }, [request('PUT', 'stored', customer(7))])
      const raw = new DynamoDBClient(config(EAST))
      const { Items = [] } = await raw.send(new ScanCommand({ TableName: tableOf(kind, format) }))
      const stored = Items.find(({ id }) => id?.S === 'stored')
      expect(stored).toMatchObject({ plan: { S: 'pro' } })
      for (const name of ['name', 'email', 'address', 'dynaseal'])
        expect(stored?.[name]?.B).toBeInstanceOf(Uint8Array)
      raw.destroy()
    })
  })

  describe.each(FORMATS)('the stream, %s', format => {
    const [TABLE, LETTERS_TABLE] = [`streaming-${format}`, `letters-${format}`]
    const invokeAs = (name: 'handler' | 'stream', events: readonly object[]) =>
      invoke({ kind: 'mrk', format, region: EAST, name }, events, { TABLE, LETTERS_TABLE })

    /** The records of what was put, as Lambda's event has them. */
    async function records(...events: object[]) {
      await invokeAs('handler', events)
      const raw = new DynamoDBClient(config(EAST))
      const { Table } = await raw.send(new DescribeTableCommand({ TableName: TABLE }))
      raw.destroy()
      const arn = Table?.LatestStreamArn as string
      const all = (await readStream({ config }, arn)).map(record => forLambda(record, arn))
      cloud.clearCalls()
      return all.slice(-events.length)
    }

    async function letters() {
      const base = DynamoDBDocumentClient.from(new DynamoDBClient(config(EAST)))
      const { Items = [] } = await base.send(
        new DocumentScan({ TableName: LETTERS_TABLE, ConsistentRead: true }),
      )
      for (const { to } of Items) expect(to).toBeInstanceOf(Uint8Array)
      const keyring = new MrkKeyring({
        keyArns,
        region: EAST,
        client: region => new KMSClient(config(region)),
      })
      const reader = sealDocumentClient(base, { keyring })
      reader.declare({ table: LETTERS_TABLE, key: ['id'], encrypted: ['to'] })
      return await reader.openItems(LETTERS_TABLE, Items)
    }

    test('a letter goes to each new address, and its records cost one call of KMS for each data key', async () => {
      const moved = { ...customer(1), address: { street: 'Hill 1', zip: '0001', city: 'Oslo' } }
      const { address: _, ...homeless } = customer(2)
      const Records = await records(
        request('PUT', 'ada', customer(1)),
        request('PUT', 'ada', { ...customer(1), plan: 'basic' }),
        request('PUT', 'ada', moved),
        request('PUT', 'eve', homeless),
      )
      expect(await invokeAs('stream', [{ Records }])).toEqual([{ batchItemFailures: [] }])
      expect(called('kms')).toEqual([`Decrypt ${EAST} 200`, `GenerateDataKey ${EAST} 200`])
      expect((await letters()).map(({ to }) => to)).toEqual(
        expect.arrayContaining([
          { name: 'Ada 1', ...customer(1).address },
          { name: 'Ada 1', ...moved.address },
        ]),
      )
      expect(await letters()).toHaveLength(2)
      // Lambda sends a batch more than once.
      await invokeAs('stream', [{ Records }])
      expect(await letters()).toHaveLength(2)
    })

    test('from the first record that does not open, the batch is to be sent again', async () => {
      const Records = await records(...[5, 6, 7].map(n => request('PUT', `c${n}`, customer(n))))
      const before = (await letters()).length
      const image = Records[1]!.dynamodb!.NewImage!
      image.email = image.name!
      const [answer] = await invokeAs('stream', [{ Records }])
      const itemIdentifier = Records[1]!.dynamodb!.SequenceNumber
      expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier }] })
      expect(await letters()).toHaveLength(before + 1)
    })
  })

  test.each(KINDS)('with the keyring %s: what follows in a process costs nothing', async kind => {
    const events = [0, 1, 2].map(n => request('PUT', `same-${n}`, customer(n)))
    await invoke({ kind, format: 'esm', region: EAST }, [...events, request('GET', 'same-2')])
    const branchKeys = kind === 'branch-keys'
    expect(called('kms')).toEqual([`${branchKeys ? 'Decrypt' : 'GenerateDataKey'} ${EAST} 200`])
    expect(called('dynamodb', 'GetItem', 'Query')).toHaveLength(branchKeys ? 2 : 1)
  })

  test('what is not a customer is answered with what is wrong', async () => {
    const base64 = { ...request('PUT', 'base64'), isBase64Encoded: true }
    const text = { ...request('PUT', 'text'), body: 'not JSON' }
    const { name: _, ...nameless } = customer(1)
    const answers = await invoke({ kind: 'mrk', format: 'esm', region: EAST }, [
      { ...base64, body: Buffer.from(JSON.stringify(customer(1))).toString('base64') },
      request('GET', 'base64'),
      request('GET', 'nobody'),
      text,
      request('PUT', 'list', [customer(1)]),
      request('PUT', 'nameless', nameless),
      request('DELETE', 'base64'),
    ])
    expect(answers.map(({ statusCode, body }) => [statusCode, JSON.parse(body ?? '{}').message])).toEqual([
      [204, undefined],
      [200, undefined],
      [404, 'no such customer'],
      [400, 'the body is not a JSON object'],
      [400, 'the body is not a JSON object'],
      [400, expect.stringMatching(/'name' is required/)],
      [405, 'GET or PUT'],
    ])
  })

  test.each([
    ['KEY_ARNS', '', 'KEY_ARNS is not set'],
    ['BRANCH_KEY_ID', '', 'BRANCH_KEY_ID is not set'],
    ['ROUTING', '{"hedged":false}', 'hedged'],
    ['ROUTING', 'no hedge', 'ROUTING is not JSON'],
  ])('a function with %s=%s does not start, and says why', async (name, value, why) => {
    const started = invoke({ kind: 'branch-keys', format: 'cjs', region: EAST }, [], { [name]: value })
    await expect(started).rejects.toMatchObject({ stderr: expect.stringContaining(why) })
  })
})

const STREAMING = FORMATS.flatMap(format => [`streaming-${format}`, `letters-${format}`])

const tableOf = (kind: Kind, format: Format) => `customers-${kind}-${format}`

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one)

/** As API Gateway's HTTP APIs send it, in what the handler reads of it. */
const request = (method: string, id: string, body?: object) => ({
  version: '2.0',
  routeKey: `${method} /customers/{id}`,
  rawPath: `/customers/${id}`,
  requestContext: { http: { method, path: `/customers/${id}` } },
  pathParameters: { id },
  isBase64Encoded: false,
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})
