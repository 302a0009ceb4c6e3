// Records of streams that do not open: each is told, and takes no other with it.
import { FieldsNotOpenedError, openPartially } from '@dynaseal/toolbox'
import { EntityFormatter, GetItemCommand } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { person } from '../../support/people.js'
import {
  type Change,
  describeStream,
  INSERT,
  key,
  MODIFY,
  NOTE,
  newImage,
  stream,
  TABLE,
} from './recorded.js'

describeStream('a record of a stream', () => {
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
      ['plaintext', INSERT, newImage('text', { S: 'planted' }), { path: ['text'], code: 'not-a-message' }],
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
        newImage('nested', { S: 'x' }),
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

    test('what hides in an entry named __proto__', async () => {
      const planted = '{"M":{"open":{"S":"o"},"__proto__":{"M":{"shut":{"S":"planted"}}}}}'
      for (const nested of [JSON.parse(planted), { M: JSON.parse('{"open":{"S":"o"}}') }]) {
        // The second one as the SDK reads the first one.
        if (!Object.hasOwn(nested.M, '__proto__'))
          Object.setPrototypeOf(nested.M, { M: { shut: { S: 'planted' } } })
        const record = stream.changed(INSERT, newImage('nested', nested))
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
