import { once } from 'node:events'
import { beforeAll, describe, expect, it } from 'vitest'
import { startLocalCloud } from '../src/index.js'
import { buildPackage } from './build.js'
import { createGlobalTable, createMultiRegionKey, documentClient } from './clients.js'
import { outcome, readiness, run } from './command.js'

beforeAll(buildPackage)

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
    expect(stdout).toContain('--regions LIST')
  })

  it.each([
    [['--port', 'http'], '--port takes a number from 0 to 65535, not "http"'],
    [['--port', '70000'], '--port takes a number from 0 to 65535, not "70000"'],
    [['--settle-delay', '-5'], '--settle-delay'],
    [['--replication-delay', '1s'], '--replication-delay takes a number from 0 to 3600000, not "1s"'],
    [['--regions', 'virginia'], '"virginia" is not a region name; one looks like us-east-1'],
    [['--regions', ''], 'A local cloud needs at least one region'],
    [['--verbose'], "Unknown option '--verbose'"],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await outcome(run(...args))
    expect(stderr).toContain(message)
    expect(stderr).toContain('--help')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
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
