import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/doctor/checks.js'
import { renderCommand } from '../../src/doctor/renderCommand.js'
import { configText, createWorld, EAST, users, WEST, type World } from '../support/cloud.js'
import { dynaseal, folder, unfit } from '../support/command.js'
import { words } from './awsCli.js'

let world: World
let project: ReturnType<typeof folder>

beforeAll(async () => {
  world = await createWorld()
  await world.dynamodb.updateTable({
    TableName: users.name,
    ReplicaUpdates: [{ Create: { RegionName: WEST } }],
  })
  project = folder({ 'dynaseal.config.ts': configText(world) })
})
afterEach(() => world.cloud.heal())
afterAll(async () => {
  project?.remove()
  await world?.stop()
})

const run = (...args: string[]) => dynaseal(['doctor', ...args], { cwd: project.path })
const inOneLine = (text: string) => text.replaceAll(/\s+/g, ' ')

describe('dynaseal doctor', () => {
  it('tells keys, routes and tables; notes are no reason to fail', async () => {
    const { code, out, note } = await run()
    expect([code, note]).toEqual([0, ''])
    expect(out).toMatch(
      /^Key mrk-[0-9a-f]{32}\nregion +state +answers in +aliases\nus-east-1 +Enabled +\d+ ms +alias\/users\n/,
    )
    expect(out).toContain('The client for us-west-2 asks us-west-2, then us-east-1.\n')
    expect(out).toMatch(/^users +us-east-1 +ACTIVE +off +off$/m)
    expect(out).toContain('note: recovery-off (users, us-east-1)\n')
    expect(out).toMatch(/\n0 errors, 0 warnings, 2 notes\.\n$/)
    expect(unfit(out)).toEqual([])
  })

  it('tells what is wrong, why it matters and what mends it, in 80 columns, and ends with 3', async () => {
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'deny', operation: 'GenerateDataKey' })
    const { code, out, note } = await run()
    expect([code, note]).toEqual([3, ''])
    expect(out).toContain('error: seal-denied')
    expect(inOneLine(out)).toContain('not authorized to perform: kms:GenerateDataKey')
    expect(inOneLine(out)).toContain('when the others are lost, every write fails')
    expect(out).toContain('    aws kms create-grant --region us-west-2 --key-id \\\n    mrk-')
    expect(unfit(out)).toEqual([])
  })

  it('finds nothing right with clients that know no table', async () => {
    const text = configText(world).replace('.register(User, Order)', '')
    const other = folder({ 'dynaseal.config.ts': text })
    const { code, note } = await dynaseal(['doctor'], { cwd: other.path })
    other.remove()
    expect([code, note.replaceAll('\n', ' ')]).toEqual([
      2,
      expect.stringContaining('know no table: register'),
    ])
  })

  it('prints one JSON document', async () => {
    const { code, out, note } = await run('--json')
    expect([code, note]).toEqual([0, ''])
    const { findings, keys, tables, routes } = JSON.parse(out)
    expect(findings).toEqual(
      [EAST, WEST].map(region => ({
        code: 'recovery-off',
        severity: 'note',
        subject: 'users',
        regions: [region],
        what: expect.any(String),
        why: expect.any(String),
        mend: [expect.stringContaining('update-continuous-backups')],
      })),
    )
    expect([keys.length, tables.length, routes.length]).toEqual([2, 2, 2])
  })

  it('looks with the clients of some regions, and at some tables', async () => {
    const { out } = await run('--region', WEST, 'users', '--json')
    expect(JSON.parse(out).tables).toMatchObject([{ region: WEST, table: 'users' }])
    const both = await run('-r', WEST, '-r', EAST, '--json')
    expect(JSON.parse(both.out).tables).toMatchObject([{ region: WEST }, { region: EAST }])
  })

  it.each([
    [['orders'], 'No client of the configuration knows a table orders. They know users.'],
    [['--region', 'eu-west-1'], 'no client for region eu-west-1. It has us-east-1, us-west-2.'],
  ])('%j is refused before anything is sent', async (args, message) => {
    world.cloud.clearCalls()
    const { code, out, note } = await run(...args)
    expect([code, out]).toEqual([2, ''])
    expect(inOneLine(note)).toContain(message)
    expect(unfit(note)).toEqual([])
    expect(world.cloud.calls()).toEqual([])
  })

  it('ends with 130 when it is ended', async () => {
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'hang' })
    const interrupt = new AbortController()
    const ended = dynaseal(['doctor'], { cwd: project.path, signal: interrupt.signal })
    const hasArrived = () => world.cloud.calls({ service: 'kms', region: WEST }).length > 0
    world.cloud.clearCalls()
    while (!hasArrived()) await new Promise(resolve => setTimeout(resolve, 5))
    interrupt.abort()
    expect((await ended).code).toBe(130)
  })
})

describe('a command that mends', () => {
  it.each([
    'aws dynamodb update-table --region us-east-1 --table-name users --global-secondary-index-updates \'[ { "Create": { "IndexName": "byEmail-2", "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": [ "email", "kind" ] } } } ]\'',
    'aws kms create-grant --region us-west-2 --key-id mrk-1234abcd12ab34cd56ef1234567890ab --operations Decrypt --grantee-principal "$(printf one)" --constraints \'{ "a": "it is" }\'',
  ])('is the same for a shell in lines of 80 columns: %s', command => {
    const lines = renderCommand(command, 80)
    expect(unfit(lines.join('\n'))).toEqual([])
    expect(lines.length).toBeGreaterThan(1)
    const same = (text: string) => words(text).map(word => word.replaceAll(/\s+/g, ' '))
    expect(same(lines.join('\n'))).toEqual(same(command))
  })
})

it('each check has a code of its own', () => {
  const codes = CHECKS.map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
})
