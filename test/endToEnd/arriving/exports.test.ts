// Files of an export to S3 in DynamoDB JSON: full and incremental, gzip and plain.
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { type Bytes, FieldsNotOpenedError, openPartially, ToolboxError } from '@dynaseal/toolbox'
import { EntityParser } from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { peopleAndNotes, person } from '../../support/people.js'
import { inBase64 } from '../../support/streamRecords.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'

const TABLE = 'people'
const COUNT = 250
const keyOf = (n: number) => ({ pk: 'a', sk: `${n}` })
type Wire = Record<string, AttributeValue>

let world: World
/** Of a full export, and of an incremental one in which each person changed after it was there. */
let people: Wire[]
let lines: string[]
let changes: string[]
beforeAll(async () => {
  world = await createWorld()
  const client = world.sealedClient(EAST)
  const { Person } = peopleAndNotes(client, TABLE)
  const parsed = Array.from({ length: COUNT }, (_, n) =>
    Person.build(EntityParser).parse({ ...keyOf(n), ...person(n) }),
  )
  const sealed = await client.sealItems(
    TABLE,
    parsed.map(({ item }) => item),
  )
  people = sealed.map(item => marshall(item))
  lines = people.map(Item => line({ Item }))
  changes = people.map(image =>
    line({
      Metadata: { WriteTimestampMicros: { N: '1' } },
      Keys: keys(image),
      NewImage: image,
      OldImage: { ...image, count: { N: '-1' } },
    }),
  )
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => world.cloud.clearCalls())

const keys = ({ pk, sk }: Wire) => ({ pk, sk })
const line = (value: object) => JSON.stringify(value, inBase64)
const note = (n: number) => ({ ...keyOf(n), _et: 'Note', text: 'in clear' })
const file = (some: readonly string[]) => Buffer.from(some.map(each => `${each}\n`).join(''))
const pieces = (bytes: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    ),
  )
const reader = () => {
  const client = world.sealedClient(WEST)
  return { client, ...peopleAndNotes(client, TABLE) }
}
const read = async <T>(items: AsyncIterable<T>) => {
  const all: T[] = []
  for await (const one of items) all.push(one)
  return all
}
const expected = (n: number) => ({ ...keyOf(n), ...person(n) })
const all = () => Array.from({ length: COUNT }, (_, n) => expected(n))

describe('a full export', () => {
  const forms: Record<string, () => Bytes> = {
    'in gzip, in pieces': () => pieces(gzipSync(file(lines)), 1000),
    'in gzip, whose first piece is a byte': () => {
      const zipped = gzipSync(file(lines))
      return [zipped.subarray(0, 1), zipped.subarray(1)]
    },
    'of two files in gzip': () => [gzipSync(file(lines.slice(0, 3))), gzipSync(file(lines.slice(3)))],
    'in one piece': () => [file(lines)],
    'as a stream of the web': () => new Blob([file(lines)]).stream(),
    'in pieces smaller than lines': () => pieces(file(lines), 50),
    'with empty lines, and no end of the last': () => [Buffer.from(`\n\n${lines.join('\n\n')}`)],
  }
  test.each(Object.keys(forms))('%s', async form => {
    const { client, Person } = reader()
    const items = await read(client.openExport(Person, forms[form]!()))
    expect(items).toEqual(all())
    expectTypeOf(items[0]?.address?.zip).toEqualTypeOf<number | undefined>()
    expect(world.kmsCalls()).toEqual([`Decrypt ${WEST}`])
  })

  test('of an empty table', async () => {
    const { client } = reader()
    expect(await read(client.openExport(TABLE, [gzipSync('')]))).toEqual([])
    expect(await read(client.openIncrementalExport(TABLE, [gzipSync('')]))).toEqual([])
  })

  test('as the document client has its items; without those of other entities', async () => {
    const { client, Note } = reader()
    const both = [file([lines[0]!, line({ Item: marshall(note(1)) })])]
    const { renamed, ...attributes } = expected(0)
    expect(await read(client.openExport(TABLE, both))).toEqual([
      { ...attributes, r: renamed, _et: 'Person' },
      note(1),
    ])
    expect(await read(client.openExport(Note, both))).toEqual([{ ...keyOf(1), text: 'in clear' }])
  })

  test('of no more than some lines are in memory, and a break ends the reading', async () => {
    let taken = 0
    let ended = false
    async function* source() {
      try {
        for (;;) {
          taken++
          yield file([lines[taken % COUNT]!])
        }
      } finally {
        ended = true
      }
    }
    let items = 0
    for await (const _ of reader().client.openExport(TABLE, source())) if (++items === 450) break
    expect(taken).toBeLessThan(600)
    expect(ended).toBe(true)
  })

  test('in gzip, of which a break ends the reading, too', async () => {
    const source = pieces(gzipSync(file(lines)), 100)
    for await (const _ of reader().client.openExport(TABLE, source)) break
    await expect.poll(() => source.destroyed).toBe(true)
  })
})

describe('an incremental export', () => {
  test('has each item before and after', async () => {
    const { client, Person } = reader()
    const [first, ...others] = await read(
      client.openIncrementalExport(Person, pieces(gzipSync(file(changes)), 999)),
    )
    expect(first).toEqual({
      keys: keyOf(0),
      newImage: expected(0),
      oldImage: { ...expected(0), count: -1 },
    })
    expectTypeOf(first?.newImage?.text).toEqualTypeOf<string | undefined>()
    expect(others).toHaveLength(COUNT - 1)
    expect(world.kmsCalls()).toEqual([`Decrypt ${WEST}`])
  })

  test('has no image where the item was inserted or removed, or the view leaves it out', async () => {
    const { client, Person, Note } = reader()
    const [image] = people
    const some = [
      { Keys: keys(image!), NewImage: image },
      { Keys: keys(image!), OldImage: image },
      { Keys: keys(image!) },
    ]
    const changes = () => [file(some.map(line))]
    const [newImage, oldImage] = [expected(0), undefined]
    expect(await read(client.openIncrementalExport(Person, changes()))).toEqual([
      { keys: keyOf(0), newImage, oldImage },
      { keys: keyOf(0), newImage: oldImage, oldImage: newImage },
      { keys: keyOf(0), newImage: undefined, oldImage: undefined },
    ])
    expect(await read(client.openIncrementalExport(Note, changes()))).toEqual([
      { keys: keyOf(0), newImage: undefined, oldImage: undefined },
    ])
    expect((await read(client.openIncrementalExport(TABLE, changes())))[0]).toMatchObject({
      keys: keyOf(0),
      newImage: { r: 'secret name' },
    })
  })

  test('whose keys are not those of the image', async () => {
    const bad = line({ Keys: keys(people[1]!), NewImage: people[0] })
    const opening = read(reader().client.openIncrementalExport(TABLE, [file([changes[0]!, bad])]))
    await expect(opening).rejects.toMatchObject({
      code: 'invalid-record',
      message: expect.stringMatching(/Line 2 of the export: NewImage is of another item/),
    })
  })
})

describe('a line that does not open', () => {
  const tampered = (index: number) => {
    const { text, r, ...others } = people[index]!
    return { ...others, text: r!, r: text! }
  }

  test('ends the reading, after all before it', async () => {
    const { client } = reader()
    const bad = file([...lines.slice(0, 120), line({ Item: tampered(120) }), ...lines.slice(121)])
    const seen: unknown[] = []
    const reading = async () => {
      for await (const { sk } of client.openExport(TABLE, [bad])) seen.push(sk)
    }
    await expect(reading()).rejects.toBeInstanceOf(FieldsNotOpenedError)
    expect(seen).toEqual(Array.from({ length: 120 }, (_, n) => `${n}`))
  })

  test('is left out and told, inside openPartially', async () => {
    const { client, Person } = reader()
    const bad = [7, 120, 249]
    const some = lines.map((each, n) => (bad.includes(n) ? line({ Item: tampered(n) }) : each))
    const { result, unopened } = await openPartially(() =>
      read(client.openExport(Person, pieces(file(some), 5000))),
    )
    expect(result).toEqual(all().filter((_, n) => !bad.includes(n)))
    expect(unopened.map(({ key }) => key)).toEqual(bad.map(keyOf))
    expect(unopened[0]?.failures.map(({ path }) => path?.[0]).sort()).toEqual(['r', 'text'])
  })

  test('is told once, with what does not open in both of its images', async () => {
    const image = tampered(0)
    const change = line({ Keys: keys(image), NewImage: image, OldImage: image })
    const { unopened } = await openPartially(() =>
      read(reader().client.openIncrementalExport(TABLE, [file([change])])),
    )
    expect(unopened).toMatchObject([{ key: keyOf(0) }])
    expect(unopened[0]?.failures).toHaveLength(4)
  })

  const none: [string, Bytes, RegExp][] = [
    [
      'that is no JSON',
      [Buffer.from('{"Item": SECRET}\n')],
      /Line 1 of the export: This is no item or change/,
    ],
    ['that is no object', [Buffer.from('5\n')], /Line 1 .*no item or change/],
    ['that is no item', [Buffer.from('\n{"item":{}}\n')], /Line 2 .*no item or change/],
    ['with native values', [Buffer.from('{"Item":{"pk":"SECRET"}}')], /Line 1 .*no attribute value at 'pk'/],
    ['that is no UTF-8', [Buffer.from([0x22, 0xff, 0x22, 0x0a])], /Line 1 of the export is not UTF-8/],
    ['as text', ['{"Item":{}}' as never], /has to come as bytes/],
    ['of a buffer that is not in an array', Buffer.from('{}') as never, /has to come as bytes/],
    ['of 0 bytes', [], /The file of the export is empty.*cut off/],
    ['of a piece of 0 bytes', [Buffer.alloc(0)], /The file of the export is empty/],
    ['of no file', undefined as never, /has to come as bytes/],
  ]
  test.each(none)('one %s', async (_, bytes, message) => {
    const { client } = reader()
    for (const within of [(work: () => Promise<unknown>) => work(), openPartially]) {
      const reading = within(() => read(client.openExport(TABLE, bytes)))
      await expect(reading).rejects.toBeInstanceOf(ToolboxError)
      await expect(reading).rejects.toMatchObject({
        code: 'invalid-record',
        message: expect.stringMatching(message),
      })
      await expect(reading).rejects.not.toMatchObject({ message: expect.stringContaining('SECRET') })
    }
  })

  test('of the other kind of export', async () => {
    const { client } = reader()
    await expect(read(client.openExport(TABLE, [file(changes)]))).rejects.toThrow(/openIncrementalExport\(\)/)
    await expect(read(client.openIncrementalExport(TABLE, [file(lines)]))).rejects.toThrow(/openExport\(\)/)
  })

  test('without an end is not read to its end', async () => {
    let taken = 0
    async function* endless() {
      for (;;) {
        taken++
        yield Buffer.alloc(2 ** 20, 'x')
      }
    }
    await expect(read(reader().client.openExport(TABLE, endless()))).rejects.toThrow(
      /Line 1 of the export is longer than any item/,
    )
    expect(taken).toBeLessThan(12)
  })

  test('after a file that was cut off: what came before is handed out, and the error is thrown', async () => {
    const { client } = reader()
    const zipped = gzipSync(file(lines.slice(0, 3)))
    for (const cut of [
      zipped.subarray(0, -9),
      Buffer.concat([file(lines.slice(0, 3)), Buffer.from('{"It')]),
    ]) {
      const seen: unknown[] = []
      const reading = async () => {
        for await (const { sk } of client.openExport(TABLE, [cut])) seen.push(sk)
      }
      await expect(reading()).rejects.toThrow(/unexpected end of file|Line 4/)
      expect(seen).toEqual(['0', '1', '2'])
    }
  })

  test('of a file whose reading fails', async () => {
    async function* failing() {
      yield gzipSync(file(lines)).subarray(0, 100)
      throw new Error('S3 is away')
    }
    await expect(read(reader().client.openExport(TABLE, failing()))).rejects.toThrow('S3 is away')
  })

  test('of a table that is not known', async () => {
    await expect(read(reader().client.openExport('nowhere', []))).rejects.toMatchObject({
      name: 'ToolboxError',
      code: 'not-registered',
    })
  })
})
