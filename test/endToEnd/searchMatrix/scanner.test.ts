// That what the matrix searches the wire for is found there, if it is there: longer cuts of HMACs, their keys, plaintexts.
import { createHmac, hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'
import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beaconMaker, type CutMaker, tokenMaker } from '../../support/scanner/hmacs.js'
import { Mint } from '../../support/scanner/sentinels.js'
import { leaksOf } from '../../support/scanner/wire.js'
import { createWorld, EAST, type World } from '../../support/world.js'

const mint = new Mint()
const dataKey = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
const place = { table: 'Users', attribute: 'email' }
const target = 'DynamoDB_20120810.PutItem'
const bodyOf = (value: unknown) => Buffer.from(JSON.stringify({ Item: { email: { S: value } } }))

/** What is found of a value in a request that has this, and in an answer. */
function found(maker: CutMaker, value: string, content: string | Uint8Array): number {
  const [request, response] = [Buffer.from(content as string), Buffer.alloc(0)]
  const cuts = [maker.cut(value)]
  const asked = leaksOf([{ target, request, response }], maker, cuts)
  const answered = leaksOf([{ target, request: response, response: request }], maker, cuts)
  expect(answered).toHaveLength(asked.length)
  return asked.length
}

/** A value of which the next bit is set. */
function distinct(maker: CutMaker): string {
  for (;;) {
    const value = `${Math.random()}@example.com`
    if (maker.cut(value).isDistinct) return value
  }
}

/** In which ways bytes can be written down. */
const ENCODINGS: Record<string, (bytes: Uint8Array) => string | Uint8Array> = {
  'as they are': bytes => Buffer.concat([Buffer.from('x'), bytes]),
  'in base64': bytes => Buffer.from(bytes).toString('base64'),
  'in base64, one byte later': bytes => Buffer.concat([Buffer.from('x'), bytes]).toString('base64'),
  'in base64, two bytes later': bytes => Buffer.concat([Buffer.from('xy'), bytes]).toString('base64'),
  'in base64url': bytes => Buffer.from(bytes).toString('base64url'),
  'in hex': bytes => Buffer.from(bytes).toString('hex'),
  'in upper-case hex': bytes => Buffer.from(bytes).toString('hex').toUpperCase(),
  'as characters': bytes => Buffer.from(bytes).toString('latin1'),
  'in a list': bytes => JSON.stringify([...bytes]),
  'in an inspected Buffer': bytes => inspect(Buffer.from(bytes), { maxArrayLength: null }),
  'in an object': bytes => JSON.stringify({ a: new Uint8Array(bytes) }),
}
const encodings = Object.entries(ENCODINGS)

test('tokens are those of the specification', () => {
  const text = (bits: number) => tokenMaker(dataKey, { ...place, bits }).cut('ada@example.com').text
  // The example of docs/format.md.
  expect([text(128), text(20)]).toEqual(['1.Aum8EpQebpIJLFh4HX3n5g', '1.Aumw'])
})

describe.each([8, 16, 20, 47, 62, 63, 64, 100, 127, 128, 135])('of a token of %i bits', bits => {
  const maker = tokenMaker(dataKey, { ...place, bits })
  const value = distinct(maker)
  const longer = (length: number) => tokenMaker(dataKey, { ...place, bits: length }).cut(value).text
  const digest = Buffer.from(longer(256).slice(2), 'base64url')

  test('nothing is found but more of its HMAC', () => {
    expect(found(maker, value, bodyOf(maker.cut(value).text))).toBe(0)
    for (let length = bits + 1; length <= 256; length++)
      expect(found(maker, value, bodyOf(longer(length))), `${length} bits`).toBeGreaterThan(0)
  })

  test.each(encodings)(
    'the HMAC is found %s, and what is left of it when its beginning is cut off',
    (_, encode) => {
      for (const bytes of [digest, digest.subarray(0, 24), digest.subarray(8)])
        expect(found(maker, value, encode(bytes))).toBeGreaterThan(0)
    },
  )
})

describe.each([1, 17, 40, 61, 62, 63])('of a beacon of %i bits', bits => {
  const beaconKey = Buffer.alloc(32, 7)
  const maker = beaconMaker(beaconKey, { name: 'email', bits })
  const value = distinct(maker)
  const key = Buffer.from(hkdfSync('sha512', beaconKey, '', 'AWS_DBE_SCAN_BEACONemail', 64))
  const digest = createHmac('sha384', key).update(value).digest()

  test('nothing is found but more of its HMAC', () => {
    expect(found(maker, value, bodyOf(maker.cut(value).text))).toBe(0)
    for (let length = bits + 1; length <= 63; length++) {
      const { text } = beaconMaker(beaconKey, { name: 'email', bits: length }).cut(value)
      expect(found(maker, value, bodyOf(text)), `${length} bits`).toBeGreaterThan(0)
    }
  })

  test.each(encodings)(
    'the HMAC is found %s, and what is left of it when its beginning is cut off',
    (_, encode) => {
      for (const bytes of [digest, digest.subarray(0, 8), digest.subarray(8)])
        expect(found(maker, value, encode(bytes))).toBeGreaterThan(0)
    },
  )
})

describe.each<[string, CutMaker]>([
  ['tokens', tokenMaker(dataKey, { ...place, bits: 128 })],
  ['beacons', beaconMaker(Buffer.alloc(32, 7), { name: 'email', bits: 40 })],
])('the keys of %s', (_, maker) => {
  const value = distinct(maker)
  test.each(maker.keys.map(({ name, bytes }) => [name, bytes] as const))('%s is found', (_name, bytes) => {
    for (const [encoding, encode] of encodings)
      expect(found(maker, value, encode(bytes)), encoding).toBeGreaterThan(0)
  })

  test('only what was wrapped is in what KMS unwraps', () => {
    const exchange = (response: Buffer) => ({
      target: 'TrentService.Decrypt',
      request: Buffer.alloc(0),
      response,
    })
    const answers = maker.keys.map(({ bytes }) => exchange(Buffer.from(bytes.toString('base64'))))
    const leaked = answers.map(answer => leaksOf([answer], maker, []).length > 0)
    expect(leaked).toEqual(maker.keys.map(({ name }) => !/data key|beacon key/.test(name)))
  })
})

describe('on the wire', () => {
  const maker = tokenMaker(dataKey, { table: 'planted', attribute: 'email', bits: 128 })
  const longer = tokenMaker(dataKey, { table: 'planted', attribute: 'email', bits: 129 })
  const value = distinct(maker)
  const secrets: Record<string, unknown> = {
    'a plaintext': mint.text(),
    'a plaintext in lower case': mint.text().toLowerCase(),
    'a plaintext in bytes': Buffer.from(`x${mint.text()}`),
    'a token of a bit more than was chosen': longer.cut(value).text,
  }
  const leaked = () => leaksOf(world.proxy.exchanges, maker, [maker.cut(value)])
  let world: World
  beforeAll(async () => {
    world = await createWorld()
    await world.createTable('planted')
  })
  afterAll(() => world.stop())

  test.each(Object.entries(secrets))('%s is found in a request, and in an answer', async (_, secret) => {
    const client = world.rawClient(EAST)
    const Key = { pk: 'a', sk: 'b' }
    world.proxy.exchanges.length = 0
    const Item = { ...Key, token: maker.cut(value).text }
    await client.send(new PutCommand({ TableName: 'planted', Item }))
    await client.send(new GetCommand({ TableName: 'planted', Key }))
    expect(leaked()).toEqual([])
    await client.send(new PutCommand({ TableName: 'planted', Item: { ...Item, secret } }))
    expect(leaked()).not.toEqual([])
    world.proxy.exchanges.length = 0
    const query = {
      TableName: 'planted',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'a' },
    }
    await client.send(new QueryCommand(query))
    expect(world.proxy.exchanges.map(({ target }) => target)).toEqual(['DynamoDB_20120810.Query'])
    expect(leaked()).not.toEqual([])
  })
})
