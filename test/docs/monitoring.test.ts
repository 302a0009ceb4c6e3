import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { createFormat } from '@dynaseal/core'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import type { InMemoryMetricExporter, MeterProvider } from '@opentelemetry/sdk-metrics'
import { type Entity, GetItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { cloud, keyArns } from './contexts/cloud.js'
import { pathOf, program, removePrograms, writePrograms } from './programs.js'

interface Page {
  exporter: InMemoryMetricExporter
  provider: MeterProvider
  Patient: Entity
}

const folder = '.programs-monitoring'
const page = program('docs/monitoring.md')
let { exporter, provider, Patient } = {} as Page

beforeAll(async () => {
  writePrograms(folder, [page])
  vi.spyOn(console, 'log').mockImplementation(() => {})
  ;({ exporter, provider, Patient } = (await import(pathOf(folder, page))) as Page)
  vi.restoreAllMocks()
}, 60_000)
afterEach(() => cloud.heal())
afterAll(() => removePrograms(folder))

/** The value of a metric (of a histogram: its count), summed over the data points that have some attributes. */
async function metric(name: string, attributes: object = {}): Promise<number> {
  exporter.reset()
  await provider.forceFlush()
  const points = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap(({ dataPoints }): { attributes: object; value: unknown }[] => dataPoints)
    .filter(point =>
      Object.entries(attributes).every(([key, value]) =>
        Object.entries(point.attributes).some(([k, v]) => k === key && v === value),
      ),
    )
  return points.reduce(
    (sum, { value }) => sum + (typeof value === 'number' ? value : (value as { count: number }).count),
    0,
  )
}

/** By how much a metric grows. */
async function growth(name: string, attributes: object, work: () => Promise<unknown>): Promise<number> {
  const before = await metric(name, attributes)
  await work()
  return (await metric(name, attributes)) - before
}

/** Another format and keyring of the process: without data keys, and knowing nothing of any region. */
const sealElsewhere = (region: string) =>
  createFormat({ keyring: new MrkKeyring({ keyArns, region }) }).seal([
    {
      table: 'patients',
      key: { id: { S: 'secret key' } },
      fields: [{ path: ['notes', 'name of a record'], value: { S: 'secret' } }],
    },
  ])

test('a planted value in clear is counted, and a damaged message', async () => {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient())
  const plant = (ssn: unknown) =>
    table.send(new PutCommand({ TableName: 'patients', Item: { id: 'planted', _et: 'Patient', ssn } }))
  const load = () =>
    Patient.build(GetItemCommand)
      .key({ id: 'planted' } as never)
      .send()
      .catch(() => {})
  const counted = (code: string) =>
    growth('dynaseal.field.not_opened', { code, table: 'patients', attribute: 'ssn' }, load)
  await plant('in clear')
  expect(await counted('not-a-message')).toBe(1)
  await plant(Uint8Array.of(2, 4, 0x78))
  expect(await counted('malformed-message')).toBe(1)
})

test('a value that cannot be sealed is counted by its attribute alone, and each region that refuses', async () => {
  cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'deny' })
  cloud.fault({ region: 'us-west-2', service: 'kms', kind: 'deny' })
  const where = { code: 'key-unavailable', table: 'patients', attribute: 'notes' }
  const work = () => expect(sealElsewhere('us-east-1')).rejects.toThrow('Cannot seal')
  expect(await growth('dynaseal.field.not_sealed', where, work)).toBe(1)
  const refusal = { operation: 'GenerateDataKey', error: 'AccessDeniedException' }
  for (const region of ['us-east-1', 'us-west-2'])
    expect(await metric('dynaseal.kms.refused', { ...refusal, region })).toBe(1)
})

test('each attempt is recorded by its region and outcome', async () => {
  cloud.fault({ region: 'us-west-2', service: 'kms', kind: 'refuse' })
  const failed = { operation: 'GenerateDataKey', region: 'us-west-2', outcome: 'failed' }
  expect(await growth('dynaseal.kms.attempt.duration', failed, () => sealElsewhere('us-west-2'))).toBe(1)
  const answered = { operation: 'GenerateDataKey', region: 'us-east-1', outcome: 'answered' }
  expect(await metric('dynaseal.kms.attempt.duration', answered)).toBeGreaterThan(0)
})

test('an open breaker is seen, and that it has closed', async () => {
  const keyring = new MrkKeyring({
    keyArns,
    region: 'us-west-2',
    breaker: { failures: 1, probeInterval: 1 },
  })
  const seal = () =>
    createFormat({ keyring }).seal([
      { table: 'patients', key: { id: { S: '1' } }, fields: [{ path: ['ssn'], value: { S: '' } }] },
    ])
  cloud.fault({ region: 'us-west-2', service: 'kms', kind: 'refuse' })
  await seal()
  expect(await metric('dynaseal.kms.breaker.open', { region: 'us-west-2' })).toBe(1)
  cloud.heal()
  await vi.waitFor(async () => {
    await seal()
    expect(await metric('dynaseal.kms.breaker.open', { region: 'us-west-2' })).toBe(0)
  })
})

test('data keys are counted, those of the sealed client', async () => {
  // The page has saved one item, and loaded another one that has its ciphertext.
  expect(await metric('dynaseal.data_key.requests', { operation: 'sealing' })).toBe(1)
  expect(await metric('dynaseal.data_key.misses', { operation: 'sealing' })).toBe(1)
  expect(await metric('dynaseal.data_key.requests', { operation: 'opening' })).toBe(0)
  expect(await metric('dynaseal.data_key.in_memory')).toBe(1)
})

test('no metric has a value, a key or a step inside of an attribute', async () => {
  await Patient.build(PutItemCommand)
    .item({ id: 'secret key', ssn: 'secret' } as never)
    .send()
  exporter.reset()
  await provider.forceFlush()
  const text = JSON.stringify(exporter.getMetrics())
  expect(text).toContain('patients')
  expect(text).not.toMatch(/secret|078-05|ada|eve|name of a record/)
})
