import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLocalCloud } from '../src/index.js'
import { buildPackage } from './build.js'
import { createGlobalTable, createMultiRegionKey, documentClient, dynamoClient } from './clients.js'
import { outcome, readiness, run } from './command.js'
import { wireHeaders } from './wire.js'

let folder: string
let config: string

beforeAll(async () => {
  buildPackage()
  folder = await mkdtemp(join(tmpdir(), 'local-cloud-'))
  config = join(folder, 'cloud.json')
  await writeFile(
    config,
    JSON.stringify({
      regions: ['eu-west-1', 'eu-central-1'],
      keys: [
        {
          AliasName: 'alias/customers',
          KeyId: 'mrk-0123456789abcdef0123456789abcdef',
          ReplicaRegions: ['eu-central-1'],
        },
      ],
      tables: [
        {
          TableName: 'customers',
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
          ReplicaRegions: ['eu-central-1'],
        },
      ],
    }),
  )
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('dynaseal-local-cloud', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends with exit code 0 on %s, used or not', async signal => {
    const child = run('--regions', 'us-east-1,us-west-2', '--port', '0', '--json')
    const ended = once(child, 'exit')
    const cloud = await readiness(child)
    // Open keep-alive connections, a key and a table must not keep it alive.
    await createMultiRegionKey(cloud, cloud.regions)
    await createGlobalTable(cloud, 'table', cloud.regions)
    await documentClient(cloud, 'us-east-1').put({ TableName: 'table', Item: { id: '1' } })
    child.kill(signal)
    expect(await ended).toEqual([0, null])
  })

  it('prints how to point a client at it', async () => {
    const child = run('--regions', 'eu-west-1', '--port', '0')
    const result = outcome(child)
    child.stdout.once('data', () => child.kill('SIGINT'))
    const { code, stdout } = await result
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Ready: eu-west-1 on http:\/\/127\.0\.0\.1:\d+\n/)
    expect(stdout).toMatch(/AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+\n/)
    expect(stdout).toContain("region: 'eu-west-1'")
  })

  it('explains itself', async () => {
    const { code, stdout } = await outcome(run('--help'))
    expect(code).toBe(0)
    for (const option of [
      'regions',
      'port',
      'engine',
      'config',
      'directory',
      'replication-delay',
      'latency',
      'settle-delay',
    ])
      expect(stdout).toMatch(new RegExp(`^  --${option} [A-Z]+ `, 'm'))
  })

  it.each([
    [['--port', 'http'], '--port takes a number from 0 to 65535, not "http"'],
    [['--port', '70000'], '--port takes a number from 0 to 65535, not "70000"'],
    [['--settle-delay', '-5'], '--settle-delay'],
    [['--replication-delay', '1s'], '--replication-delay takes a number from 0 to 3600000, not "1s"'],
    [['--regions', 'virginia'], '"virginia" is not a region name; one looks like us-east-1'],
    [['--regions', ''], 'A local cloud needs at least one region'],
    [['--latency', 'us-east-1'], '--latency takes REGION=MS, separated by commas, not "us-east-1"'],
    [['--latency', 'us-east-1=far'], '--latency us-east-1= takes a number from 0 to 3600000, not "far"'],
    [['--latency', 'us-east-1=1,us-east-1=2'], '--latency names us-east-1 twice'],
    [['--latency', 'eu-west-1=80'], 'for eu-west-1, but no such region; there are us-east-1, us-west-2'],
    [['--directory', ''], '--directory takes a path, not ""'],
    [['--config', ''], '--config takes a path, not ""'],
    [['--verbose'], "Unknown option '--verbose'"],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await outcome(run(...args))
    expect(stderr).toContain(message)
    expect(stderr).toContain('--help')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it('is as far from each region as it is told', async () => {
    const latency = 'us-west-2=30,ap-south-1=200'
    const child = run(
      '--regions',
      'us-east-1,us-west-2,ap-south-1',
      '--latency',
      latency,
      '--port',
      '0',
      '--json',
    )
    const ended = once(child, 'exit')
    const { endpoint } = await readiness(child)
    const page = await (await fetch(endpoint, { headers: { accept: 'text/html' } })).text()
    child.kill()
    const shown = [...page.matchAll(/<dt>Latency<\/dt><dd>(.*?)<\/dd>/gs)].map(([, value]) => value)
    expect(shown).toEqual(['none', '30 ms', '200 ms'])
    expect(await ended).toEqual([0, null])
  })

  it('makes the keys and tables of its file, in the regions of its file, and tells of the keys', async () => {
    const child = run('--config', config, '--port', '0', '--json')
    const ended = once(child, 'exit')
    const cloud = await readiness(child)
    expect(cloud.regions).toEqual(['eu-west-1', 'eu-central-1'])
    expect(cloud.keys).toEqual([
      {
        keyId: 'mrk-0123456789abcdef0123456789abcdef',
        aliasName: 'alias/customers',
        arns: {
          'eu-west-1': 'arn:aws:kms:eu-west-1:000000000000:key/mrk-0123456789abcdef0123456789abcdef',
          'eu-central-1': 'arn:aws:kms:eu-central-1:000000000000:key/mrk-0123456789abcdef0123456789abcdef',
        },
      },
    ])
    const { Table } = await dynamoClient(cloud, 'eu-central-1').describeTable({ TableName: 'customers' })
    expect(Table?.Replicas).toMatchObject([{ RegionName: 'eu-west-1' }])
    child.kill()
    expect(await ended).toEqual([0, null])
  })

  it.each([
    ['{', 'is not JSON: '],
    ['[]', 'must be an object with regions, keys, tables'],
    ['{"tabels": []}', 'tabels: there is no such member; there are regions, keys, tables'],
    ['{"regions": ["virginia"]}', 'regions: "virginia" is not a region name; one looks like us-east-1'],
    ['{"regions": "us-east-1"}', 'regions: must be a list of strings, not "us-east-1"'],
    ['{"keys": null}', 'keys: must be a list, not null'],
    ['{"keys": [{"AliasName": "customers"}]}', 'keys[0].AliasName: must be alias/'],
    ['{"tables": [{"TableName": "customers"}]}', 'tables[0]: ValidationException: '],
  ])('names the place in a file like %s', async (text, message) => {
    const file = join(folder, 'wrong.json')
    await writeFile(file, text)
    const { code, stdout, stderr } = await outcome(run('--config', file, '--port', '0'))
    expect(stderr).toContain(`${file}: ${message}`)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it('ends at once on a signal while it starts', async () => {
    const fifo = join(folder, 'fifo')
    await promisify(execFile)('mkfifo', [fifo])
    const child = run('--config', fifo, '--port', '0')
    const ended = once(child, 'exit')
    // Opens when the other side does, who then waits for what is never written.
    const file = await open(fifo, 'w')
    child.kill('SIGINT')
    expect(await ended).toEqual([null, 'SIGINT'])
    await file.close()
  })

  it('names a file that is not there', async () => {
    const { code, stderr } = await outcome(run('--config', join(folder, 'none.json')))
    expect(stderr).toContain(`${join(folder, 'none.json')}: cannot be read: `)
    expect(code).toBe(1)
  })

  it('says that a directory is in use', async () => {
    const directory = join(folder, 'kept')
    const child = run('--directory', directory, '--port', '0', '--json')
    const ended = once(child, 'exit')
    await readiness(child)
    const { code, stderr } = await outcome(run('--directory', directory, '--port', '0'))
    child.kill()
    expect(stderr).toContain(
      `${directory} is in use by another local cloud. Stop it, or choose another directory.`,
    )
    expect(code).toBe(1)
    expect(await ended).toEqual([0, null])
  })

  it('names a taken port', async () => {
    const cloud = await startLocalCloud({ regions: ['us-east-1'] })
    const port = new URL(cloud.endpoint).port
    const { code, stderr } = await outcome(run('--port', port))
    await cloud.stop()
    expect(stderr).toContain(`Port ${port} is taken`)
    expect(code).toBe(1)
  })
})

it('loads dynalite with the first call to DynamoDB', async () => {
  const program = `
    import Module from 'node:module'
    import { startLocalCloud } from '@dynaseal/local-cloud'
    const loaded = () => Object.keys(Module._cache).some(path => path.includes('dynalite'))
    const cloud = await startLocalCloud({ regions: ['us-east-1'], keys: [{ AliasName: 'alias/a' }] })
    const before = loaded()
    const headers = ${JSON.stringify(wireHeaders({ service: 'dynamodb', region: 'us-east-1', operation: 'ListTables' }))}
    const { status } = await fetch(cloud.endpoint, { method: 'POST', headers, body: '{}' })
    console.log(JSON.stringify([before, status, loaded()]))
    await cloud.stop()
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  })
  expect(JSON.parse(stdout)).toEqual([false, 200, true])
})
