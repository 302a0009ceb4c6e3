// Records of streams that do not open, or are none: each is told, and takes no other with it.
import { FieldsNotOpenedError, openPartially, ToolboxError } from '@dynaseal/toolbox'
import { EntityFormatter, GetItemCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeDynoxide } from '../../../packages/local-cloud/test/eachEngine.js'
import { person } from '../../support/people.js'
import { type Change, INSERT, key, MODIFY, NOTE, type Recorded, recordStream, TABLE } from './recorded.js'

type Image = Change['NewImage']

describeDynoxide('a record of a stream', () => {
  let stream: Recorded
  beforeAll(async () => {
    stream = await recordStream()
  }, 60_000)
  afterAll(() => stream?.world.stop())

  describe('that does not open', () => {
    const b64 = (attribute: Record<string, unknown> | undefined) =>
      Buffer.from(String(attribute?.B), 'base64')
    const notOpened: [string, number, (dynamodb: Change) => void, object][] = [
      [
        'a changed ciphertext',
        INSERT,
        ({ NewImage }) => {
          const ciphertext = b64(NewImage.text)
          ciphertext[ciphertext.length - 1]! ^= 1
          NewImage.text = { B: ciphertext.toString('base64') }
        },
        { path: ['text'] },
      ],
      [
        "another attribute's",
        INSERT,
        ({ NewImage }) => {
          NewImage.text = NewImage.r!
        },
        { path: ['text'] },
      ],
      [
        'in the old image',
        MODIFY,
        ({ OldImage }) => {
          OldImage.text = OldImage.r!
        },
        { path: ['text'] },
      ],
      [
        'ciphertext as a text',
        INSERT,
        ({ NewImage }) => {
          NewImage.text = { S: NewImage.text!.B }
        },
        { path: ['text'], code: 'not-a-message', message: expect.stringContaining('base64 text') },
      ],
      [
        'plaintext',
        INSERT,
        ({ NewImage }) => {
          NewImage.text = { S: 'planted' }
        },
        { path: ['text'], code: 'not-a-message' },
      ],
      [
        'ciphertext where something in clear belongs',
        INSERT,
        ({ NewImage }) => {
          NewImage.tags = NewImage.text!
        },
        { path: ['tags'], code: 'wrong-location' },
      ],
      [
        "another item's, whose keys are changed everywhere",
        INSERT,
        ({ Keys, NewImage }) => {
          Keys.sk = { S: '2' }
          NewImage.sk = { S: '2' }
        },
        {},
      ],
      [
        'what stands in the way',
        INSERT,
        ({ NewImage }) => {
          NewImage.nested = { S: 'x' }
        },
        { path: ['nested'], code: 'not-a-message' },
      ],
    ]
    test.each(notOpened)('%s', async (_, index, change, failure) => {
      const record = stream.changed(index, change)
      const { client, Person } = stream.reader()
      const error = {
        name: 'FieldsNotOpenedError',
        failures: expect.arrayContaining([expect.objectContaining(failure)]),
      }
      await expect(client.openStreamRecord(record)).rejects.toMatchObject(error)
      await expect(client.openStreamRecord(Person, record)).rejects.toMatchObject(error)
      await expect(openPartially(() => client.openStreamRecord(record))).rejects.toMatchObject(error)
      const results = await client.openStreamRecords([stream.lambda(INSERT), record, stream.lambda(MODIFY)])
      expect(results).toEqual([
        { sequenceNumber: stream.sequenceNumbers[INSERT], record: stream.opened(INSERT) },
        { sequenceNumber: stream.sequenceNumbers[index], error: expect.any(FieldsNotOpenedError) },
        { sequenceNumber: stream.sequenceNumbers[MODIFY], record: stream.opened(MODIFY) },
      ])
    })

    const invalid: [string, (dynamodb: Change, record: Record<string, unknown>) => void, RegExp, string?][] =
      [
        [
          'of a table that is not known',
          (_, record) => {
            record.eventSourceARN = 'arn:aws:dynamodb:us-east-1:1:table/x/stream/1'
          },
          /no entity of table arn.*x/,
          'not-registered',
        ],
        [
          'of another service',
          (_, record) => {
            record.eventSourceARN = 'arn:aws:sqs:us-east-1:1:people'
          },
          /no entity of table/,
          'not-registered',
        ],
        ['of no table', (_, record) => void delete record.eventSourceARN, /does not say of which table/],
        [
          'with a table that is no text',
          (_, record) => {
            record.eventSourceARN = 5
          },
          /table is no text/,
        ],
        ['without what happened', (_, record) => void delete record.eventName, /eventName/],
        [
          'with what cannot happen',
          (_, record) => {
            record.eventName = 'UPDATE'
          },
          /eventName/,
        ],
        ['without a change', (_, record) => void delete record.dynamodb, /no member dynamodb/],
        [
          'of Kinesis, with other data',
          (_, record) => {
            record.kinesis = { data: 'eyJhIjoxfQ==' }
          },
          /kinesis\.data/,
        ],
        [
          'of Kinesis, with no JSON',
          (_, record) => {
            record.kinesis = { data: Buffer.from('SECRET').toString('base64') }
          },
          /kinesis\.data/,
        ],
        [
          'of Kinesis, without data',
          (_, record) => {
            record.kinesis = {}
          },
          /kinesis\.data/,
        ],
        ['without keys', change => void delete (change as Partial<Change>).Keys, /Keys is no item/],
        [
          'with a part of the keys',
          ({ Keys }) => void delete Keys.sk,
          /key attributes of table people \(pk, sk\)/,
        ],
        [
          'with more than the keys',
          ({ Keys }) => {
            Keys.text = { S: 'x' }
          },
          /key attributes/,
        ],
        [
          'with other keys',
          ({ Keys }) => {
            Keys.sk = { S: '2' }
          },
          /NewImage is of another item.*'sk' differs/,
        ],
        [
          'with keys of another type',
          ({ Keys }) => {
            Keys.sk = { B: 'MQ==' }
          },
          /'sk' differs/,
        ],
        ['with an image without keys', ({ NewImage }) => void delete NewImage.sk, /'sk' differs/],
        [
          'with an image that is none',
          change => {
            ;(change as unknown as Image).NewImage = [] as never
          },
          /NewImage is no item/,
        ],
        [
          'with an image of native values',
          ({ NewImage }) => {
            NewImage.count = 5 as never
          },
          /NewImage has no attribute value at 'count'.*without unmarshalling/,
        ],
        [
          'with two types',
          ({ NewImage }) => {
            NewImage.count = { N: '5', S: 'x' }
          },
          /at 'count'/,
        ],
        [
          'with no type',
          ({ NewImage }) => {
            NewImage.count = {}
          },
          /at 'count'/,
        ],
        [
          'with an unknown type',
          ({ NewImage }) => {
            NewImage.count = { X: '5' }
          },
          /at 'count'/,
        ],
        [
          'with no number',
          ({ NewImage }) => {
            NewImage.count = { N: 'five' }
          },
          /at 'count'/,
        ],
        ...[' 5', '0x5', '1e999', 'Infinity'].map((N): (typeof invalid)[number] => [
          `with no number, but '${N}'`,
          ({ NewImage }) => {
            NewImage.count = { N }
          },
          /at 'count'/,
        ]),
        ...(['M', 'L'] as const).map((type): (typeof invalid)[number] => [
          `with more in one another than DynamoDB has: ${type}`,
          ({ NewImage }) => {
            let deep: Image[string] = { S: 'x' }
            for (let depth = 0; depth < 5000; depth++) deep = { [type]: type === 'M' ? { a: deep } : [deep] }
            NewImage.deep = deep
          },
          /at 'deep/,
        ]),
        [
          'with no text',
          ({ NewImage }) => {
            NewImage.tags = { SS: ['x', 5] }
          },
          /at 'tags'/,
        ],
        [
          'with an empty set',
          ({ NewImage }) => {
            NewImage.tags = { SS: [] }
          },
          /at 'tags'/,
        ],
        [
          'with a set of no numbers',
          ({ NewImage }) => {
            NewImage.scores = { NS: ['x'] }
          },
          /at 'scores'/,
        ],
        [
          'with a set of no bytes',
          ({ NewImage }) => {
            NewImage.blobs = { BS: ['%'] }
          },
          /at 'blobs'/,
        ],
        [
          'with no base64',
          ({ NewImage }) => {
            NewImage.blob = { B: 'AAA*' }
          },
          /at 'blob'/,
        ],
        [
          'with base64 that is cut off',
          ({ NewImage }) => {
            NewImage.blob = { B: 'AAA' }
          },
          /at 'blob'/,
        ],
        [
          'with bytes as JSON has a Buffer',
          ({ NewImage }) => {
            NewImage.blob = { B: { type: 'Buffer', data: [1] } }
          },
          /at 'blob'/,
        ],
        [
          'with a false NULL',
          ({ NewImage }) => {
            NewImage.blob = { NULL: false }
          },
          /at 'blob'/,
        ],
        [
          'deep inside',
          ({ NewImage }) => {
            NewImage.cards = { L: [{ M: { x: { L: ['x'] } } }] }
          },
          /at 'cards\[0\]\.x\[0\]'/,
        ],
        [
          'with an instance of a class',
          change => void Object.assign(change, { NewImage: new (class extends Map {})() }),
          /NewImage is no item/,
        ],
      ]
    test.each(invalid)('%s', async (_, change, message, code = 'invalid-record') => {
      const record = stream.changed(INSERT, change)
      const { client } = stream.reader()
      const results = await client.openStreamRecords([stream.lambda(INSERT), record, stream.lambda(MODIFY)])
      expect(results.map(each => each.record)).toEqual([
        stream.opened(INSERT),
        undefined,
        stream.opened(MODIFY),
      ])
      expect(results[1]?.error).toBeInstanceOf(ToolboxError)
      expect(results[1]?.error).toMatchObject({ code, message: expect.stringMatching(message) })
      expect(results[1]?.error?.message).not.toContain('SECRET')
      await expect(client.openStreamRecord(record)).rejects.toMatchObject({ name: 'ToolboxError', code })
    })

    test.each([null, undefined, 5, 'x', {}, []])('%j, which is no record', async what => {
      const [result] = await stream.reader().client.openStreamRecords([what as never])
      expect(result).toMatchObject({ sequenceNumber: '', error: { code: 'invalid-record' } })
    })

    test('an event in place of its records', async () => {
      const { client } = stream.reader()
      await expect(
        client.openStreamRecords({ Records: stream.lambdaRecords } as never),
      ).rejects.toMatchObject({
        name: 'ToolboxError',
        code: 'invalid-record',
        message: expect.stringContaining('event.Records'),
      })
    })

    test('what hides in an entry named __proto__', async () => {
      const planted = '{"M":{"open":{"S":"o"},"__proto__":{"M":{"shut":{"S":"planted"}}}}}'
      for (const nested of [JSON.parse(planted), { M: JSON.parse('{"open":{"S":"o"}}') }]) {
        // The second one as the SDK reads the first one.
        if (!Object.hasOwn(nested.M, '__proto__'))
          Object.setPrototypeOf(nested.M, { M: { shut: { S: 'planted' } } })
        const record = stream.changed(INSERT, ({ NewImage }) => {
          NewImage.nested = nested
        })
        const { client, Person } = stream.reader()
        await expect(client.openStreamRecord(record)).rejects.toBeInstanceOf(FieldsNotOpenedError)
        await expect(client.openStreamRecord(Person, record)).rejects.toBeInstanceOf(FieldsNotOpenedError)
      }
    })

    test('of a client that may only seal', async () => {
      const [sealed, note] = await stream
        .reader({ role: 'seal' })
        .client.openStreamRecords([stream.lambda(INSERT), stream.lambda(NOTE)])
      expect(sealed?.error).toMatchObject({ name: 'ToolboxError', code: 'role-refused' })
      expect(note?.record?.newImage).toMatchObject({ text: 'in clear' })
    })

    test('since KMS cannot be reached: all that are sealed, each with its error', async () => {
      const refused = new Error('KMS is away')
      const keyring = { onEncrypt: () => Promise.reject(refused), onDecrypt: () => Promise.reject(refused) }
      const results = await stream.reader({ keyring } as never).client.openStreamRecords(stream.lambdaRecords)
      expect(results.map(({ error }) => error?.code)).toEqual([
        ...['fields-not-opened', 'fields-not-opened', 'fields-not-opened'],
        ...[undefined, undefined],
      ])
      expect(results[0]?.error).toMatchObject({
        failures: expect.arrayContaining([expect.objectContaining({ code: 'key-unavailable' })]),
      })
    })
  })

  test('an image that was unmarshalled by hand is refused, and the error says what to call', async () => {
    const { client, Person } = stream.reader()
    const text = stream.lambdaRecords[INSERT]?.dynamodb?.NewImage?.text?.B
    const image = { ...key, ...person(1), _et: 'Person', r: 'x', text }
    expect(() => Person.build(EntityFormatter).format(image)).toThrow(
      expect.objectContaining({
        code: 'client-not-sealed',
        message: expect.stringContaining('openStreamRecord('),
      }),
    )
    await expect(client.openItem(TABLE, image)).rejects.toMatchObject({
      failures: expect.arrayContaining([
        expect.objectContaining({ path: ['text'], message: expect.stringContaining('openStreamRecord(') }),
      ]),
    })
  })

  test('an image that a mock answers with is refused, too', async () => {
    const { client, Person } = stream.reader()
    const text = stream.lambdaRecords[INSERT]?.dynamodb?.NewImage?.text?.B
    const answer = async (value: unknown) => {
      client.send = (async () => ({ Item: { ...key, ...person(1), r: 'x', text: value } })) as never
      return (await Person.build(GetItemCommand).key(key).send()).Item?.text
    }
    expect(await answer('made up')).toBe('made up')
    await expect(answer(text)).rejects.toMatchObject({ code: 'client-not-sealed' })
  })
})
