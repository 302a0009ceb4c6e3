/** What only a process of its own shows: its outputs, and how it ends. */
import { spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folder } from './support/command.js'
import { buildCommand, start } from './support/started.js'

const CONFIG = `
  import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
  import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
  import { sealDocumentClient } from '@dynaseal/document-client'
  import { MrkKeyring } from '@dynaseal/mrk-keyring'
  const keyring = new MrkKeyring({ keyArns: ['arn:aws:kms:us-east-1:111122223333:key/mrk-' + '0'.repeat(32)] })
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }))
  export default { clients: sealDocumentClient(client, { keyring }).declare({ table: 'users', key: ['id'], encrypted: ['ssn'] }) }
`
let made: ReturnType<typeof folder>
beforeAll(() => {
  buildCommand()
  made = folder({
    'dynaseal.config.mjs': CONFIG,
    'logs.mjs': `console.log('connected'); console.info('to a vault')\n${CONFIG}`,
    'exits.mjs': `process.exit(0)\n${CONFIG}`,
    'waits.mjs': `await new Promise(() => {})\n${CONFIG}`,
  })
}, 120_000)
afterAll(() => made.remove())

describe('standard output', () => {
  it('has results alone, whatever a configuration logs', async () => {
    const { code, out, note } = await start(['policy', 'readers', '--config', 'logs.mjs'], made.path).ended
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ Version: '2012-10-17' })
    expect(note).toBe('connected\nto a vault\n')
  })

  it('that nobody reads any more is no failure', async () => {
    const { child, ended } = start(['policy'], made.path)
    child.stdout.destroy()
    expect(await ended).toMatchObject({ code: 0, note: '' })
  })

  it.runIf(existsSync('/dev/full'))('that cannot be written is one, and says why', async () => {
    const command = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
    const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const
    const child = spawn(process.execPath, [command, 'policy'], { cwd: made.path, stdio: [...stdio] })
    let note = ''
    child.stderr!.on('data', part => {
      note += part
    })
    const code = await new Promise(resolve => child.on('close', resolve))
    expect([code, note.split(': ').slice(0, 3)]).toEqual([
      1,
      ['dynaseal', 'What was found cannot be written to standard output', 'ENOSPC'],
    ])
  })

  it('goes on where nobody reads what is said beside it', async () => {
    const { child, ended } = start(['policy', 'readers', '--config', 'logs.mjs'], made.path)
    child.stderr.destroy()
    const { code, out } = await ended
    expect([code, out.slice(0, 1)]).toEqual([0, '{'])
  })
})

it.each([
  ['ends the process', 'exits.mjs'],
  ['waits for what never comes', 'waits.mjs'],
])('a configuration that %s is no success', async (_, file) => {
  const { code, out, note } = await start(['policy', '--config', file], made.path).ended
  expect([code, out]).toEqual([1, ''])
  expect(note.replaceAll('\n', ' ')).toContain(
    'dynaseal: It ended before it was done: what the configuration',
  )
})

it('Ctrl-C ends what waits for standard input', async () => {
  const command = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
  const args = ['--import', `data:text/javascript,${encodeURIComponent(SAYS_WHEN_IT_READS)}`, command]
  const child = spawn(process.execPath, [...args, 'inspect', '-'], { cwd: made.path })
  let note = ''
  child.stderr.on('data', part => {
    note += part
    if (note.endsWith('reads\n')) child.kill('SIGINT')
  })
  const code = await new Promise(resolve => child.on('close', resolve))
  expect([code, note]).toEqual([130, 'reads\nEnded before it was done.\n'])
})

const SAYS_WHEN_IT_READS = `
  process.stdin.on('newListener', name => {
    if (name === 'readable') process.stderr.write('reads\\n')
  })
`
