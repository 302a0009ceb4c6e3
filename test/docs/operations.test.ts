import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { type LocalCloud, startLocalCloud } from '@dynaseal/local-cloud'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { read, root } from './markdown.js'

const PAGE = 'docs/operations.md'
const REGIONS = ['us-east-1', 'us-west-2', 'eu-central-1']
/** As the page has it, and as the local cloud does. */
const [ACCOUNT, LOCAL_ACCOUNT] = ['111122223333', '000000000000']
const ITEMS = 40

interface Block {
  readonly line: number
  readonly language: string
  /** The file that it is; of commands, none. */
  readonly file: string
  readonly text: string
}

/** All fenced code of the page. */
function blocks(): Block[] {
  const page = read(PAGE)
  return [...page.matchAll(/^```(\w+) ?([^\n]*)\n(.*?)^```$/gms)].map(
    ({ index, 1: language, 2: file, 3: text }) => ({
      line: page.slice(0, index).split('\n').length,
      language: language!,
      file: file!,
      text: text!,
    }),
  )
}

let cloud: LocalCloud
let folder: string
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  const needed = ['cli', 'toolbox', 'mrk-keyring', 'db-esdk'].map(name => `packages/${name}`)
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', ...needed], {
    cwd: root,
  })
  cloud = await startLocalCloud({
    regions: REGIONS,
    keys: ['1234', '5678'].map(digits => ({
      KeyId: `mrk-${digits}abcd12ab34cd56ef1234567890ab`,
      ReplicaRegions: ['us-west-2'],
    })),
  })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const dynamodb = new DynamoDB({ region: REGIONS[0]!, endpoint: cloud.endpoint, credentials })
  await dynamodb.createTable({
    TableName: 'users',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  })
  await dynamodb.updateTable({
    TableName: 'users',
    ReplicaUpdates: [{ Create: { RegionName: 'us-west-2' } }],
  })
  for (let i = 0; i < ITEMS; i++)
    await dynamodb.putItem({
      TableName: 'users',
      Item: { id: { S: `user-${i}` }, _et: { S: 'User' }, plan: { S: 'pro' }, ssn: { S: `000-00-${i}` } },
    })
  dynamodb.destroy()
  await cloud.waitForReplication()
  // Here, so that what is imported in it is found.
  folder = mkdtempSync(join(import.meta.dirname, '.operations-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  env = {
    ...process.env,
    PATH: `${withNpx(folder)}:${process.env.PATH}`,
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  }
}, 120_000)
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await cloud.stop()
})

/** Where `npx dynaseal` is that of this repository. */
function withNpx(inside: string): string {
  const bin = join(inside, '.bin')
  mkdirSync(bin)
  const command = join(root, 'packages/cli/dist/cli.js')
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${command}" "$@"\n`)
  chmodSync(join(bin, 'npx'), 0o755)
  return bin
}

test('the page has blocks of each task, and none that is not run', () => {
  const found = blocks()
  expect(found.filter(({ language, file }) => (language === 'console') === (file !== ''))).toEqual([])
  const sections = read(PAGE).split(/^## /m).slice(1)
  expect(sections.filter(section => !section.includes('```console'))).toEqual([])
})

test('every block runs, and prints what the page says', { timeout: 600_000 }, async () => {
  for (const { line, language, file, text } of blocks()) {
    const local = text.replaceAll(ACCOUNT, LOCAL_ACCOUNT)
    if (language !== 'console') {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), local)
      continue
    }
    for (const [command, ...promised] of commandsIn(local)) {
      const { code, said } = await shell(command!)
      const expected = Number(/# (\d+)$/.exec(command!)?.[1] ?? 0)
      expect(code, `${PAGE}:${line} ${command}\n${said}`).toBe(expected)
      for (const promise of promised)
        expect(
          said.split('\n').some(one => matches(one, promise)),
          `${PAGE}:${line} ${command} prints ${promise}, and not\n${said}`,
        ).toBe(true)
      await cloud.waitForReplication()
    }
  }
})

/** Each command with the lines that it promises. */
function commandsIn(text: string): string[][] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map(one => one.trimEnd().split('\n'))
}

/** `…` stands for anything, and spaces for as many as there are. */
function matches(line: string, promise: string): boolean {
  const parts = promise
    .split('…')
    .map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/ +/g, ' +'))
  return new RegExp(`^${parts.join('.*')}$`).test(line.trimEnd())
}

/** Not in this process, whose cloud answers it. */
function shell(command: string): Promise<{ code: number | null; said: string }> {
  const child = spawn('sh', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', part => {
      said += part
    })
  return new Promise(resolve => child.on('close', code => resolve({ code, said })))
}
