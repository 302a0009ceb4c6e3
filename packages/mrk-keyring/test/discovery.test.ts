import { buildClient, CommitmentPolicy } from '@aws-crypto/client-node'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type KeyMetadata,
  type KMSClient,
  ReplicateKeyCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DiscoverOptions, MrkKeyring } from '../src/index.js'
import { type KeyInRegions, startKeyInRegions } from './cloud.js'
import { listen } from './listen.js'
import { ManualClock } from './manualClock.js'

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const ALIAS = 'alias/customers'

let key: KeyInRegions
let clock: ManualClock
let heard: ReturnType<typeof listen>
const opened: MrkKeyring[] = []

beforeAll(async () => {
  key = await startKeyInRegions()
  for (const region of ['us-east-1', 'eu-west-1'])
    await key
      .client(region)
      .send(new CreateAliasCommand({ AliasName: ALIAS, TargetKeyId: key.arnIn(region) }))
})
afterAll(() => key.stop())
beforeEach(() => {
  clock = new ManualClock()
  heard = listen()
})
afterEach(() => {
  for (const keyring of opened.splice(0)) keyring.close()
  heard.stop()
  key.cloud.heal()
  key.cloud.clearCalls()
  vi.unstubAllEnvs()
})

/** A client of a region whose network answers with other metadata than KMS has. */
function answering(region: string, change: (answer: KeyMetadata) => object): KMSClient {
  const client = key.client(region)
  const send = async (command: object, ...rest: never[]) => {
    const output = await (client.send as (command: object, ...rest: never[]) => Promise<object>)(
      command,
      ...rest,
    )
    if (!('KeyMetadata' in output)) return output
    return { ...output, KeyMetadata: change(output.KeyMetadata as KeyMetadata) }
  }
  return { config: client.config, send } as KMSClient
}

/** Metadata of a key that somebody else has, or of none. */
const forged: readonly [string, (answer: KeyMetadata) => object][] = [
  ['another account', answer => renamed(answer, /\d{12}/, '999999999999')],
  ['another id', answer => renamed(answer, /mrk-\w{4}/, 'mrk-ffff')],
  ['no key', answer => renamed(answer, /^arn:.*/, 'nothing')],
  ['no replicas', answer => ({ ...answer, MultiRegionConfiguration: {} })],
]

function renamed(answer: KeyMetadata, what: RegExp, by: string): object {
  return JSON.parse(JSON.stringify(answer), (_, value) =>
    typeof value === 'string' && value.startsWith('arn:') ? value.replace(what, by) : value,
  )
}

async function discover(options: DiscoverOptions): Promise<MrkKeyring> {
  const keyring = await MrkKeyring.discover({ client: key.client, clock, ...options })
  opened.push(keyring)
  return keyring
}

function expectAllReplicas(keyring: MrkKeyring): void {
  expect(keyring.routes().map(({ arn }) => arn)).toEqual(expect.arrayContaining(key.arns))
  expect(keyring.routes()).toHaveLength(key.arns.length)
}

async function expectRoundTrip(keyring: MrkKeyring): Promise<void> {
  const { result } = await encrypt(keyring, 'hello')
  expect((await decrypt(keyring, result)).plaintext.toString()).toBe('hello')
}

const keyId = () => key.arnIn('us-east-1').split('/')[1]!

describe('discovering the replicas of a key', () => {
  it.each([
    ['its id', () => ({ keyId: keyId(), regions: ['us-west-2'] })],
    ['its ARN', () => ({ keyId: key.arnIn('eu-west-1') })],
    ['its ARN, asked in another region', () => ({ keyId: key.arnIn('eu-west-1'), regions: ['us-west-2'] })],
    ['an alias', () => ({ keyId: ALIAS, regions: ['us-east-1'] })],
    ['an alias that only some regions have', () => ({ keyId: ALIAS, regions: ['us-west-2', 'eu-west-1'] })],
    ['the ARN of an alias', () => ({ keyId: key.arnIn('us-east-1').replace(/key\/.*/, ALIAS) })],
    ['an alias in the own region', () => ({ keyId: ALIAS, region: 'us-east-1' })],
  ] satisfies [string, () => DiscoverOptions][])('works from %s', async (_, options) => {
    const keyring = await discover(options())
    expectAllReplicas(keyring)
    await expectRoundTrip(keyring)
  })

  it('takes any region that answers', async () => {
    key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'refuse' })
    const keyring = await discover({ keyId: keyId(), regions: ['us-east-1', 'us-west-2'] })
    expect(keyring.routes()).toHaveLength(3)
    expect(key.asked('DescribeKey')).toEqual(['us-east-1', 'us-west-2'])
  })

  it.each(forged)('takes no region that answers for %s', async (what, change) => {
    const forging = (region: string) =>
      region === 'us-east-1' ? answering(region, change) : key.client(region)
    // An id alone says nothing of the account.
    for (const name of [key.arnIn('eu-west-1'), ...(what === 'another account' ? [] : [keyId()])]) {
      const keyring = await discover({ keyId: name, regions: ['us-east-1', 'us-west-2'], client: forging })
      expectAllReplicas(keyring)
      await expect(discover({ keyId: name, regions: ['us-east-1'], client: forging })).rejects.toMatchObject({
        name: 'MrkKeyringError',
        operation: 'DescribeKey',
      })
    }
  })

  it('makes one client per region, for asking and for everything after', async () => {
    const made: string[] = []
    const keyring = await discover({
      keyId: keyId(),
      region: 'us-east-1',
      client: region => {
        made.push(region)
        return key.client(region)
      },
    })
    await encrypt(keyring, 'hello')
    expect(made).toEqual(['us-east-1'])
  })

  it('says what to do when DescribeKey is not allowed', async () => {
    key.cloud.fault({
      region: 'us-east-1',
      service: 'kms',
      kind: 'error',
      error: 'AccessDeniedException',
      operation: 'DescribeKey',
    })
    const denied = discover({ keyId: keyId(), regions: ['us-east-1'] })
    await expect(denied).rejects.toMatchObject({
      name: 'MrkKeyringError',
      code: 'REFUSED_EVERYWHERE',
      operation: 'DescribeKey',
      message: expect.stringMatching(
        /has the key or alias, and allow kms:DescribeKey .* or name the replicas: .*keyArns/,
      ),
    })
  })

  it('refuses a single-Region key, with the way out', async () => {
    const { KeyMetadata } = await key.client('us-east-1').send(new CreateKeyCommand({}))
    await expect(discover({ keyId: KeyMetadata!.KeyId!, regions: ['us-east-1'] })).rejects.toMatchObject({
      code: 'NOT_MULTI_REGION',
    })
  })

  it.each([
    ['keyId', '', /keyId is ""/],
    ['keyId', undefined, /keyId is undefined/],
    ['keyId', 'alias/customers\n', /give the key's id, ARN or alias/],
    ['regions', 'us-east-1', /give an array/],
    ['regions', ['*'], /regions\[0\] is "\*"/],
    ['rediscover', true, /milliseconds/],
    ['rediscover', 2 ** 31, /milliseconds/],
    ['keyArns', [], /has no option keyArns: its options are .*keyId/],
  ])('refuses %s %j, with the way out', async (name, value, message) => {
    const options = { keyId: keyId(), regions: ['us-east-1'], [name]: value } as DiscoverOptions
    await expect(discover(options)).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringMatching(message),
    })
  })

  it('refuses to guess a region', async () => {
    vi.stubEnv('AWS_REGION', '')
    vi.stubEnv('AWS_DEFAULT_REGION', '')
    await expect(discover({ keyId: keyId() })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('give regions'),
    })
  })
})

describe('discovering them again', () => {
  /** Lets an interval pass, and the discovery in it end. */
  async function rediscovered(): Promise<void> {
    const before = heard.discovery.length
    await clock.advance(60_000)
    await vi.waitUntil(() => heard.discovery.length > before)
  }

  it('brings a new replica into use', async () => {
    const { KeyMetadata } = await key.client('us-east-1').send(new CreateKeyCommand({ MultiRegion: true }))
    const keyring = await discover({ keyId: KeyMetadata!.Arn!, rediscover: 60_000 })
    expect(keyring.routes().map(({ region }) => region)).toEqual(['us-east-1'])
    await key
      .client('us-east-1')
      .send(new ReplicateKeyCommand({ KeyId: KeyMetadata!.KeyId!, ReplicaRegion: 'us-west-2' }))
    await rediscovered()
    expect(keyring.routes().map(({ region }) => region)).toEqual(['us-east-1', 'us-west-2'])
    expect(heard.discovery.at(-1)).toMatchObject({ added: [{ region: 'us-west-2' }], removed: [] })

    key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'refuse' })
    await expectRoundTrip(keyring)
  })

  it('needs no restart when another replica becomes the primary', async () => {
    const primary = key.client('us-east-1')
    const keyring = await discover({ keyId: keyId(), regions: ['us-east-1'], rediscover: 60_000 })
    const { result } = await encrypt(keyring, 'hello')
    await primary.send(
      new UpdatePrimaryRegionCommand({ KeyId: key.arnIn('us-east-1'), PrimaryRegion: 'us-west-2' }),
    )
    await rediscovered()
    expect(heard.discovery.at(-1)).toMatchObject({ added: [], removed: [] })
    expect((await decrypt(keyring, result)).plaintext.toString()).toBe('hello')
    expect((await encrypt(keyring, 'hello')).messageHeader.encryptedDataKeys).toHaveLength(1)
  })

  it.each(forged)('stays with the key, whatever a region answers: %s', async (_, change) => {
    let isForging = false
    const client = (region: string) =>
      isForging ? answering(region, change) : (key.client(region) as KMSClient)
    // Asked anew with each call, so that one that answers otherwise takes its place.
    const clients = (region: string) =>
      ({
        config: key.client(region).config,
        send: (...all: never[]) => (client(region).send as (...all: never[]) => unknown)(...all),
      }) as KMSClient
    const keyring = await discover({
      keyId: ALIAS,
      regions: ['us-east-1'],
      rediscover: 60_000,
      client: clients,
    })
    isForging = true
    await rediscovered()
    expect(heard.discovery.at(-1)).toMatchObject({
      added: [],
      removed: [],
      error: { operation: 'DescribeKey' },
    })
    expectAllReplicas(keyring)
    await expectRoundTrip(keyring)
  })

  it('keeps the replicas it knows while none can be discovered, and tries again', async () => {
    const keyring = await discover({ keyId: keyId(), regions: ['us-east-1'], rediscover: 60_000 })
    const heal = key.arns.map((_, i) =>
      key.cloud.fault({
        region: ['us-east-1', 'us-west-2', 'eu-west-1'][i]!,
        service: 'kms',
        kind: 'error',
        error: 'AccessDeniedException',
        operation: 'DescribeKey',
      }),
    )
    await rediscovered()
    expect(heard.discovery.at(-1)).toMatchObject({ error: { code: 'REFUSED_EVERYWHERE' }, added: [] })
    expect(keyring.routes()).toHaveLength(3)
    for (const mend of heal) mend()
    await rediscovered()
    expect(heard.discovery.at(-1)).not.toHaveProperty('error')
  })

  it('ends with close', async () => {
    const keyring = await discover({ keyId: keyId(), regions: ['us-east-1'], rediscover: 60_000 })
    keyring.close()
    expect(clock.pending).toBe(0)
  })

  it('is not scheduled where it is not wanted', async () => {
    await discover({ keyId: keyId(), regions: ['us-east-1'], rediscover: false })
    expect(clock.pending).toBe(0)
  })
})
