import { channel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { deflateSync } from 'node:zlib'
import { channelNames } from '@dynaseal/mrk-keyring'
import { PutItemCommand, UpdateItemCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leaks } from '../../support/scanner/plaintexts.js'
import { Mint } from '../../support/scanner/sentinels.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { entities } from './entities.js'
import { on } from './loose.js'
import { inClear } from './placement.js'
import { placements } from './placements.js'
import { contextOf, replacing } from './row.js'
import { createMatrixTable, plainClient } from './tables.js'
import { Watch } from './watch.js'

const mint = new Mint()
const TEXT = mint.text()
const BYTES = mint.bytes()

describe('a secret is found', () => {
  const around = (bytes: Uint8Array, offset: number) =>
    Buffer.concat([Buffer.alloc(offset, 'x'), bytes, Buffer.from('yz')])
  const encodings: Record<string, (bytes: Uint8Array) => string | Uint8Array> = {
    'as it is': bytes => around(bytes, 3),
    'in base64 at the first offset': bytes => around(bytes, 0).toString('base64'),
    'in base64 at the second offset': bytes => around(bytes, 1).toString('base64'),
    'in base64 at the third offset': bytes => around(bytes, 2).toString('base64'),
    'in base64url': bytes => around(bytes, 1).toString('base64url'),
    'in hex': bytes => around(bytes, 1).toString('hex'),
    'in upper-case hex': bytes => around(bytes, 1).toString('hex').toUpperCase(),
    'in an inspected Buffer': bytes => inspect(around(bytes, 1)),
    'in an inspected Uint8Array': bytes => inspect({ deep: Uint8Array.from(around(bytes, 1)) }),
  }

  test.each(Object.keys(encodings))('%s', name => {
    const encode = encodings[name] as (bytes: Uint8Array) => string | Uint8Array
    for (const secret of [Buffer.from(TEXT), BYTES, Buffer.from(String(mint.integer()))])
      expect(leaks(encode(secret))).not.toEqual([])
    expect(leaks(encode(Buffer.from('nothing of the kind')))).toEqual([])
  })

  test('in text, whichever end of it was cut off', () => {
    for (const kept of [TEXT.slice(0, 15), TEXT.slice(15)]) {
      const written = [
        kept,
        JSON.stringify({ a: kept }),
        JSON.stringify(JSON.stringify([kept])),
        inspect([kept]),
      ]
      for (const text of [...written, encodeURIComponent(kept)]) expect(leaks(text)).not.toEqual([])
      expect(leaks(Buffer.from(kept, 'utf16le'))).not.toEqual([])
    }
    expect(leaks('"fl\\u006fod" \\u2028\\u00fc')).toEqual([])
    expect(
      leaks(
        TEXT.slice(15)
          .replace(/[\u0080-\uffff]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .replace('\n', '\\n')
          .replace('\\t', '\\\\t')
          .replace('"', '\\"'),
      ),
    ).not.toEqual([])
  })

  test('in the text of a number', () => {
    for (const number of [mint.integer(), mint.decimal(), mint.integer() * 1e20, mint.big()])
      expect(leaks(`{"N":"${number}"}`)).not.toEqual([])
    expect(leaks('{"N":"91827364"}')).toEqual([])
  })

  test('in bytes that were turned into an object, or into characters', () => {
    expect(leaks(JSON.stringify({ a: BYTES }))).not.toEqual([])
    expect(leaks(Buffer.from(BYTES).toString('latin1'))).not.toEqual([])
  })

  test('and is not where it cannot be read: the limits of the search', () => {
    expect(leaks(deflateSync(Buffer.from(TEXT.repeat(2))))).toEqual([])
    expect(leaks([...TEXT].reverse().join(''))).toEqual([])
  })
})

describe('the watch hears', () => {
  /** What it heard while something ran. */
  async function heard(run: (watch: Watch) => unknown): Promise<string[]> {
    const watch = new Watch()
    try {
      await run(watch)
    } finally {
      watch.stop()
    }
    return watch.leaks().map(leak => leak.slice(0, leak.indexOf(': ')))
  }

  test.each(['log', 'error', 'warn', 'info', 'debug', 'dir', 'trace'] as const)('console.%s', async name => {
    const original = console[name]
    // What it passes on is not this test's business to print.
    console[name] = () => {}
    try {
      expect(await heard(() => console[name as 'log']('a %s', TEXT))).toContain(`console.${name}`)
    } finally {
      console[name] = original
    }
  })

  test('both output streams', async () => {
    for (const stream of ['stdout', 'stderr'] as const) {
      const original = process[stream].write
      process[stream].write = () => true
      try {
        expect(await heard(() => process[stream].write(TEXT))).toContain(stream)
      } finally {
        process[stream].write = original
      }
    }
  })

  test('warnings of the process', async () => {
    const original = process.emitWarning
    process.emitWarning = () => {}
    try {
      expect(await heard(() => process.emitWarning(TEXT))).toContain('process.emitWarning')
    } finally {
      process.emitWarning = original
    }
  })

  test('what is published on a channel of ours', async () => {
    const published = () => channel(channelNames.attempt).publish({ error: new Error(TEXT) })
    expect(await heard(published)).toContain(channelNames.attempt)
  })

  test.each<[string, () => unknown]>([
    ['its message', () => new Error(TEXT)],
    ['its cause', () => new Error('a', { cause: new Error('b', { cause: { c: TEXT } }) })],
    ['its errors', () => new AggregateError([new Error('a'), new Error(TEXT)])],
    ['a property', () => Object.assign(new Error('a'), { $response: { body: BYTES } })],
    ['a hidden property', () => Object.defineProperty(new Error('a'), 'hidden', { value: TEXT })],
    ['a symbol', () => Object.assign(new Error('a'), { [Symbol('s')]: { n: mint.integer() } })],
    ['a map', () => Object.assign(new Error('a'), { map: new Map([['a', new Set([TEXT])]]) })],
    ['its JSON', () => Object.assign(new Error('a'), { toJSON: () => ({ a: TEXT }) })],
    ['its text', () => Object.assign(new Error('a'), { toString: () => TEXT })],
  ])('an error that has it in %s', async (_, make) => {
    expect(await heard(watch => watch.seeError(make()))).not.toEqual([])
  })

  test('no error because of what it is meant to have: the item of a failed condition', async () => {
    const error = Object.assign(new Error('a'), {
      Item: { a: TEXT },
      CancellationReasons: [{ Code: 'x', Item: { a: TEXT } }],
    })
    expect(await heard(watch => watch.seeError(new Error('b', { cause: error })))).toEqual([])
    expect(error).toMatchObject({ Item: { a: TEXT }, CancellationReasons: [{ Item: { a: TEXT } }] })
  })
})

describe('a client that does not seal is caught', () => {
  const TABLE = 'matrix-not-sealed'
  let world: World

  beforeAll(async () => {
    world = await createWorld()
    await createMatrixTable(world, TABLE)
  })
  afterAll(() => world.stop())

  const caught = placements.filter(
    ({ unrecognizable, name }) => !unrecognizable && !['absent', 'linked', 'updateLinked'].includes(name),
  )
  test.each(caught.map(placement => [placement.name, placement] as const))('with %s', async (name, only) => {
    const client = plainClient(world, EAST, world.proxy.endpoint)
    const { Everything } = entities(client, TABLE, inClear, [only])
    const { before, after } = contextOf(mint)
    const key = { pk: name, sk: '1' }
    const sent = async (command: ReturnType<typeof on>) => {
      world.proxy.sent.length = 0
      await command.send()
      return leaks(Buffer.concat(world.proxy.sent))
    }
    const put = on(Everything, PutItemCommand).item({ ...key, [name]: before[name] })
    const update = on(Everything, UpdateItemCommand).item({ ...key, ...replacing({ [name]: after[name] }) })
    const found = [...(await sent(put)), ...(await sent(update))]
    expect(found).not.toEqual([])
  })
})
