// Records of a table whose encrypted attributes are all attributes as wholes: they are found by name.
import { hash } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { createFormat, type FieldError } from '@dynaseal/core'
import { FieldsNotOpenedError, sealDocumentClient } from '@dynaseal/document-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { inBase64 } from '../../support/streamRecords.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { NO_FUNCTIONS, takesFunctions } from '../../support/wrapNumbers.js'

const TABLE = 'people'
const person = { id: 'ada', email: 'secret', phone: 'secret 2', tags: { a: ['b'] }, plan: 'pro' }

type Image = Record<string, Record<string, unknown>>

let world: World
beforeAll(async () => {
  world = await createWorld()
}, 60_000)
afterAll(() => world.stop())

const clientWith = (options = {}, encrypted = ['email', 'phone']) =>
  sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
    keyring: world.keyring(EAST),
    ...options,
  }).declare({ table: TABLE, key: ['id'], encrypted })

/** As JSON has it. */
function imageOf(item: Record<string, unknown>): Image {
  // One by one: of a whole item with a constructor, the SDK would think that it is an instance of a class.
  const image = Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, marshall({ value }).value]),
  )
  return JSON.parse(JSON.stringify(image, inBase64))
}

async function sealedImage(item: Record<string, unknown> = person): Promise<Image> {
  return imageOf(await clientWith().sealItem(TABLE, item))
}

function recordOf(NewImage: Image) {
  return {
    eventName: 'INSERT',
    eventSourceARN: `arn:aws:dynamodb:${EAST}:000000000000:table/${TABLE}/stream/1`,
    dynamodb: { SequenceNumber: '1', Keys: { id: NewImage.id }, NewImage },
  }
}

async function failuresOf(image: Image, options = {}): Promise<readonly object[]> {
  const error = await clientWith(options)
    .openStreamRecord(recordOf(image))
    .catch(thrown => thrown)
  expect(error).toBeInstanceOf(FieldsNotOpenedError)
  return (error as FieldsNotOpenedError).failures
}

test('opens to plain objects, with their attributes as they were written', async () => {
  const image = await sealedImage()
  expect(image.dynaseal).toBeDefined()
  // In a stream, attributes stand in any order.
  const { dynaseal, ...others } = image
  for (const each of [image, { dynaseal: dynaseal!, ...others }]) {
    const { newImage } = await clientWith().openStreamRecord(recordOf(each))
    expect(newImage).toStrictEqual(person)
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(newImage)))
      expect(property).toMatchObject({ value: person[name as 'id'], writable: true, enumerable: true })
    expect(Reflect.ownKeys(newImage!).sort()).toEqual(Object.keys(person).sort())
  }
})

test('what has the name of something that objects inherit', async () => {
  const client = clientWith({}, ['email', 'constructor'])
  const item = { id: 'eve', constructor: 'secret', email: 'x' }
  const image = imageOf(await client.sealItem(TABLE, item))
  expect((await client.openStreamRecord(recordOf(image))).newImage).toStrictEqual(item)
  Reflect.deleteProperty(image, 'constructor')
  const without = await client.openStreamRecord(recordOf(image))
  expect(without.newImage?.constructor).toBeUndefined()
})

test('what objects inherit since somebody has changed what all inherit', async () => {
  const { phone: _, ...others } = person
  const record = recordOf(await sealedImage(others))
  const client = clientWith()
  Object.defineProperty(Object.prototype, 'phone', { configurable: true, value: 'inherited' })
  try {
    expect((await client.openStreamRecord(record)).newImage).toEqual(others)
  } finally {
    Reflect.deleteProperty(Object.prototype, 'phone')
  }
})

describe('refuses', () => {
  const phoneOf = (value: Image[string]) => (image: Image) => {
    image.phone = value
  }
  const planted: [string, (image: Image) => void, object][] = [
    ['a value in clear', phoneOf({ S: 'planted' }), { path: ['phone'], code: 'not-a-message' }],
    ['bytes in clear', phoneOf({ B: 'AAAA' }), { path: ['phone'], code: 'not-a-message' }],
    [
      'ciphertext as text',
      image => {
        image.phone = { S: image.phone!.B }
      },
      { path: ['phone'], code: 'not-a-message', message: expect.stringContaining('base64') },
    ],
    [
      "another attribute's ciphertext",
      image => {
        image.phone = image.email!
      },
      { path: ['phone'], code: 'not-authentic' },
    ],
    [
      'ciphertext where something in clear belongs',
      image => {
        image.plan = image.phone!
      },
      { path: ['plan'], code: 'wrong-location' },
    ],
    [
      'ciphertext in the place of what was encrypted',
      image => {
        image.plan = image.phone!
        Reflect.deleteProperty(image, 'phone')
      },
      { path: ['plan'], code: 'wrong-location' },
    ],
    [
      'ciphertext inside of something in clear',
      image => {
        image.tags = { M: { a: { L: [{ S: 'b' }, image.phone] } } }
      },
      { path: ['tags', 'a', 1], code: 'wrong-location' },
    ],
    [
      'ciphertext inside of the one value that is no text',
      image => {
        image.tags = { M: { a: image.phone! } } as never
        Reflect.deleteProperty(image, 'phone')
      },
      { path: ['tags', 'a'], code: 'wrong-location' },
    ],
    [
      'ciphertext as a member of a set',
      image => {
        image.tags = { BS: ['AAAA', image.phone!.B] } as never
      },
      { path: ['tags'], code: 'wrong-location' },
    ],
    ['bytes too short to be sealed', phoneOf({ B: '2l4=' }), { path: ['phone'], code: 'malformed-message' }],
    ['no bytes', phoneOf({ B: '' }), { path: ['phone'], code: 'not-a-message' }],
    [
      'an entry named __proto__',
      image => {
        Object.defineProperty(image, '__proto__', {
          value: { M: { phone: { S: 'planted' } } },
          enumerable: true,
        })
      },
      { path: ['__proto__'], code: 'not-a-message' },
    ],
    [
      'an envelope that is no envelope',
      image => {
        image.dynaseal = { S: 'planted' }
      },
      { path: ['email'], code: 'malformed-message' },
    ],
    [
      'an item without its envelope',
      image => {
        Reflect.deleteProperty(image, 'dynaseal')
      },
      { path: ['email'], code: 'missing-envelope' },
    ],
  ]
  test.each(planted)('%s', async (_, plant, failure) => {
    const image = await sealedImage()
    plant(image)
    expect(await failuresOf(image)).toContainEqual(expect.objectContaining(failure))
  })

  test('and tells first what is not sealed, then what does not open, in the order in which it was declared', async () => {
    const { email, phone, ...others } = await sealedImage()
    const clear = { S: 'clear' }
    const told: [Image, string[]][] = [
      [{ phone: email!, email: phone! }, ['email', 'phone']],
      [{ phone: clear, email: phone! }, ['phone', 'email']],
      [{ phone: clear, email: clear }, ['email', 'phone']],
    ]
    for (const [planted, names] of told) {
      const failures = await failuresOf({ ...planted, ...others })
      expect(failures.map(failure => (failure as FieldError).path)).toEqual(names.map(name => [name]))
    }
  })

  test('an attribute value of two types, of none, or of one that it inherits', async () => {
    for (const plan of [
      { S: 'a', N: '1' },
      {},
      { '': 'a' },
      Object.create({ S: 'a' }),
      Object.assign(Object.create({ N: '1' }), { S: 'a', B: 'AAAA' }),
    ])
      await expect(
        clientWith().openStreamRecord(recordOf({ ...(await sealedImage()), plan })),
      ).rejects.toMatchObject({ code: 'invalid-record', message: expect.stringContaining("'plan'") })
  })
})

test('takes values in clear where they are allowed, and these alone', async () => {
  const image = await sealedImage()
  image.phone = { B: Buffer.from('clear').toString('base64') }
  const { newImage } = await clientWith({ plaintext: 'allow' }).openStreamRecord(recordOf(image))
  expect(newImage).toStrictEqual({ ...person, phone: new Uint8Array(Buffer.from('clear')) })
  image.tags = { L: [image.email] } as never
  expect(await failuresOf(image, { plaintext: 'allow' })).toContainEqual(
    expect.objectContaining({ path: ['tags', 0], code: 'wrong-location' }),
  )
})

describe.each([5_000, 50])('records with values of %d bytes', bytes => {
  const people = Array.from({ length: 60 }, (_, n) => ({
    id: `person-${n}`,
    email: `email ${n} `.repeat(bytes / 10),
    phone: new Uint8Array(bytes).fill(n),
    // Of no declared attribute: it stays as it is.
    photo: new Uint8Array(bytes).fill(n + 100),
  }))
  let records: ReturnType<typeof recordOf>[]
  beforeAll(async () => {
    records = (await clientWith().sealItems(TABLE, people)).map(item => recordOf(imageOf(item)))
  })
  /** Bytes by their digest, which is compared faster. */
  const brief = (item: object = {}) =>
    Object.fromEntries(
      Object.entries(item).map(([name, value]) => [
        name,
        value instanceof Uint8Array ? hash('sha256', value) : value,
      ]),
    )
  const opened = (results: Awaited<ReturnType<ReturnType<typeof clientWith>['openStreamRecords']>>) =>
    results.map(({ record, error }) => error ?? brief(record?.newImage))

  test('have each their own, whatever came before, and whatever comes next', async () => {
    const client = clientWith()
    const cold = await client.openStreamRecords(records)
    const warm = await client.openStreamRecords(records)
    const [one, other] = await Promise.all([
      client.openStreamRecords(records.slice(0, 30)),
      client.openStreamRecords([...records].reverse()),
    ])
    await client.openStreamRecords(records)
    expect(opened(cold)).toEqual(people.map(brief))
    expect(opened(warm)).toEqual(people.map(brief))
    expect(opened(one!)).toEqual(people.slice(0, 30).map(brief))
    expect(opened(other!)).toEqual(people.map(brief).reverse())
  })

  test('keep what is in clear where that is allowed', async () => {
    const client = clientWith({ plaintext: 'allow' })
    await client.openStreamRecords(records)
    const plain = people.map(person => recordOf(imageOf({ ...person, email: person.phone })))
    const mixed = await client.openStreamRecords(
      plain.map(({ dynamodb, ...record }, n) => ({
        ...record,
        dynamodb: {
          ...dynamodb,
          NewImage: {
            ...dynamodb.NewImage,
            phone: records[n]!.dynamodb.NewImage.phone!,
            dynaseal: records[n]!.dynamodb.NewImage.dynaseal!,
          },
        },
      })),
    )
    await client.openStreamRecords(records)
    expect(opened(mixed)).toEqual(people.map(person => brief({ ...person, email: person.phone })))
  })

  test('of which some do not open, under two data keys, one of which has to be asked for', async () => {
    const writer = clientWith()
    const others = people.map(person => ({ ...person, email: 'other' }))
    const fromElsewhere = (await writer.sealItems(TABLE, others)).map(item => recordOf(imageOf(item)))
    const damaged = structuredClone(records[7]!)
    damaged.dynamodb.NewImage.phone = damaged.dynamodb.NewImage.email!
    const reader = clientWith()
    await reader.openStreamRecord(records[0]!)
    const mixed = records.flatMap((record, n) => [n === 7 ? damaged : record, fromElsewhere[n]!])
    const results = opened(await reader.openStreamRecords(mixed))
    for (const [n, person] of people.entries()) {
      if (n === 7) expect(results[2 * n]).toBeInstanceOf(FieldsNotOpenedError)
      else expect(results[2 * n]).toEqual(brief(person))
      expect(results[2 * n + 1]).toEqual(brief(others[n]))
    }
  })

  test('are given to whatever stands in the place of the open of a format', async () => {
    const format = createFormat({ keyring: world.keyring(EAST) })
    const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
      format,
    }).declare({ table: TABLE, key: ['id'], encrypted: ['email', 'phone'] })
    const sealed = (await client.sealItems(TABLE, people)).map(item => recordOf(imageOf(item)))
    const open = vi.spyOn(format, 'open')
    for (const record of sealed.slice(0, 3)) {
      // What was done before has taken its time: nothing would be opened at once in any case.
      await new Promise(setImmediate)
      await client.openStreamRecord(record)
    }
    expect(open).toHaveBeenCalledTimes(3)
    expect(opened(await client.openStreamRecords(sealed))).toEqual(people.map(brief))
  })
})

test.for([20_000, 20])(
  "%d bytes in clear are the item's own, also where the kind of the item is told by a number",
  async (length, { skip }) => {
    skip(!takesFunctions, NO_FUNCTIONS)
    const documents = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)), {
      unmarshallOptions: { wrapNumbers: text => text },
    })
    const client = sealDocumentClient(documents, { keyring: world.keyring(EAST) })
    const kind = (equals: string, encrypted: string[]) =>
      client.declare({ table: TABLE, key: ['id'], encrypted, when: { attribute: 'type', equals } })
    kind('1', ['photo'])
    kind('2', ['email'])
    const photo = (byte: number) => new Uint8Array(length).fill(byte)
    const recordsOf = (n: number) => [recordOf(imageOf({ id: 'ada', type: 2, photo: photo(n) }))]
    const [first] = await client.openStreamRecords(recordsOf(1))
    // Uses again what memory the first call has left.
    await client.openStreamRecords(recordsOf(2))
    const { type, photo: bytes } = first!.record!.newImage!
    expect([type, Buffer.compare(bytes as Uint8Array, photo(1))]).toEqual(['2', 0])
  },
)
