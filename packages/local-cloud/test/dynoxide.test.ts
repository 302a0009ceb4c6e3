import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DynoxideEngine } from '../src/dynamodb/dynoxideEngine.js'
import { DynoxideProcess } from '../src/dynamodb/dynoxideProcess.js'
import { ask, readItem } from '../src/dynamodb/engine.js'
import { EngineUnavailableError, type LocalCloud, startLocalCloud } from '../src/index.js'
import { buildPackage } from './build.js'
import { createGlobalTable, documentClient, dynamoClient } from './clients.js'
import { describeDynoxide } from './eachEngine.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'

const built = (module: string) => JSON.stringify(new URL(`../dist/${module}.js`, import.meta.url).href)

const script = (code: string) => spawn(process.execPath, ['--input-type=module', '-e', code])

/** A connection to what listens there: `gone` resolves when it ends. */
async function watch(url: string): Promise<{ gone: Promise<unknown> }> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.resume().on('error', () => {})
  return { gone: new Promise(resolve => socket.once('close', resolve)) }
}

const table = {
  TableName: 'table',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
}
const Item = { id: { S: '1' } }

describeDynoxide('a process of dynoxide', () => {
  beforeAll(buildPackage)

  it('ends when it is stopped', async () => {
    const dynoxide = await DynoxideProcess.start()
    const { gone } = await watch(dynoxide.url)
    await dynoxide.stop()
    await gone
    await dynoxide.stop()
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)('ends when its parent ends by %s', async signal => {
    const parent = script(`
      import { DynoxideProcess } from ${built('dynamodb/dynoxideProcess')}
      const { url } = await DynoxideProcess.start()
      console.log(url)
    `)
    const [url] = await once(parent.stdout.setEncoding('utf8'), 'data')
    const { gone } = await watch(url.trim())
    parent.kill(signal)
    await gone
  })

  it('keeps what it has in a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dynoxide-'))
    const path = join(folder, 'us-east-1.db')
    const first = await DynoxideEngine.start(EAST, path)
    await ask(first, 'CreateTable', table)
    await ask(first, 'PutItem', { TableName: 'table', Item })
    await first.close()
    const second = await DynoxideEngine.start(EAST, path)
    expect(await readItem(second, 'table', Item)).toEqual(Item)
    await second.close()
    await rm(folder, { recursive: true })
  })

  it('that cannot start says why', async () => {
    await expect(DynoxideProcess.start('/no/such/folder/file.db')).rejects.toThrow(
      /^dynoxide did not start: exit code 1, .*unable to open database file/,
    )
    await expect(DynoxideProcess.start('/no/such/folder/file.db')).rejects.toThrow(EngineUnavailableError)
  })

  it('that has ended is named in the answers', async () => {
    const engine = await DynoxideEngine.start(EAST)
    await engine.close()
    await expect(ask(engine, 'ListTables', {})).rejects.toThrow(/^dynoxide of us-east-1 has ended: /)
  })

  it('is stopped when the cloud cannot start', async () => {
    const taken = await startLocalCloud({ regions: [EAST] })
    const port = new URL(taken.endpoint).port
    const child = script(`
      import { startLocalCloud } from ${built('index')}
      await startLocalCloud({ regions: ['us-east-1', 'us-west-2'], engine: 'dynoxide', port: ${port} }).catch(
        error => console.log(error.message))
    `)
    // It ends by itself: nothing that it started is left.
    const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    expect(stdout).toContain(`Port ${port} is taken`)
    expect(code).toBe(0)
    await taken.stop()
  })
})

describe('dynoxide where it is not installed', () => {
  beforeAll(buildPackage)

  it('is refused, with what to do', async () => {
    const child = script(`
      import { startLocalCloud, EngineUnavailableError } from ${built('index')}
      Object.defineProperty(process, 'arch', { value: 'mips' })
      const error = await startLocalCloud({ regions: ['us-east-1'], engine: 'dynoxide' }).catch(error => error)
      console.log(error instanceof EngineUnavailableError, error.engine, error.platform)
      console.log(error.message)
    `)
    const platform = `${process.platform}-mips`
    expect(await text(child.stdout)).toBe(
      `true dynoxide ${platform}\n` +
        `The engine dynoxide is not installed: it is the package @dynoxide/${platform}, an optional dependency. ` +
        `Where there is such a package, \`npm install @dynoxide/${platform}\`; elsewhere use the engine dynalite, ` +
        'or run a DynamoDB server yourself and give its URL as `engines`.\n',
    )
  })
})

describeDynoxide('regions on dynoxide', () => {
  let cloud: LocalCloud

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: [EAST, WEST], engine: 'dynoxide', replicationDelay: 1 })
  })

  afterAll(() => cloud.stop())

  it('do not see each other', async () => {
    for (const region of [EAST, WEST]) {
      await createGlobalTable(cloud, 'apart', [region])
      await documentClient(cloud, region).put({ TableName: 'apart', Item: { id: region } })
    }
    await cloud.waitForReplication()
    for (const region of [EAST, WEST]) {
      const { Items } = await documentClient(cloud, region).scan({ TableName: 'apart' })
      expect(Items).toEqual([{ id: region }])
      const { Table } = await dynamoClient(cloud, region).describeTable({ TableName: 'apart' })
      expect(Table?.TableArn).toBe(`arn:aws:dynamodb:${region}:000000000000:table/apart`)
    }
  })
})
