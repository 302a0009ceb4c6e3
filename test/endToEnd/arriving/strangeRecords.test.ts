// What comes in place of the record of a stream and is none: each is told, and takes no other with it.
import { ToolboxError } from '@dynaseal/toolbox'
import { describe, expect, test } from 'vitest'
import { type Change, describeStream, INSERT, MODIFY, newImage, stream } from './recorded.js'

type Image = Change['NewImage']

describeStream('a record of a stream', () => {
  describe('that is refused', () => {
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
          newImage('count', 5),
          /NewImage has no attribute value at 'count'.*without unmarshalling/,
        ],
        ['with two types', newImage('count', { N: '5', S: 'x' }), /at 'count'/],
        ['with no type', newImage('count', {}), /at 'count'/],
        ['with an unknown type', newImage('count', { X: '5' }), /at 'count'/],
        ['with no number', newImage('count', { N: 'five' }), /at 'count'/],
        ...[' 5', '0x5', '1e999', 'Infinity'].map((N): (typeof invalid)[number] => [
          `with no number, but '${N}'`,
          newImage('count', { N }),
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
        ['with no text', newImage('tags', { SS: ['x', 5] }), /at 'tags'/],
        ['with an empty set', newImage('tags', { SS: [] }), /at 'tags'/],
        ['with a set of no numbers', newImage('scores', { NS: ['x'] }), /at 'scores'/],
        ['with a set of no bytes', newImage('blobs', { BS: ['%'] }), /at 'blobs'/],
        ['with no base64', newImage('blob', { B: 'AAA*' }), /at 'blob'/],
        ['with base64 that is cut off', newImage('blob', { B: 'AAA' }), /at 'blob'/],
        [
          'with bytes as JSON has a Buffer',
          newImage('blob', { B: { type: 'Buffer', data: [1] } }),
          /at 'blob'/,
        ],
        ['with a false NULL', newImage('blob', { NULL: false }), /at 'blob'/],
        ['deep inside', newImage('cards', { L: [{ M: { x: { L: ['x'] } } }] }), /at 'cards\[0\]\.x\[0\]'/],
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
  })
})
