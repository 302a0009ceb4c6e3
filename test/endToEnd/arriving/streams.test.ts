// Records of streams, as DynamoDB Streams, Kinesis and Lambda hand them over.
import { DeleteCommand } from '@aws-sdk/lib-dynamodb'
import type { StreamRecord } from '@dynaseal/toolbox'
import { EntityFormatter, EntityParser, GetItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { bytes, peopleAndNotes, person } from '../../support/people.js'
import { forLambda, inBase64, readStream, throughKinesis } from '../../support/streamRecords.js'
import { EAST, WEST } from '../../support/world.js'
import { describeStream, INSERT, key, MODIFY, NOTE, noteKey, REMOVE, stream, TABLE } from './recorded.js'

describeStream('records of a stream', () => {
  describe('is opened as a read of the item is', () => {
    const forms: Record<string, () => { records: readonly StreamRecord[]; options?: { table: string } }> = {
      "in Lambda's event": () => ({ records: stream.lambdaRecords }),
      'through Kinesis': () => ({
        records: stream.lambdaRecords.map(record => throughKinesis(record, TABLE)),
      }),
      "as Kinesis' data, parsed": () => ({
        records: stream.lambdaRecords.map(record =>
          JSON.parse(Buffer.from(throughKinesis(record, TABLE).kinesis.data, 'base64').toString()),
        ),
      }),
      'as the SDK returns it, by the name of the table': () => ({
        records: stream.sdkRecords,
        options: { table: TABLE },
      }),
      "as the SDK returns it, by the stream's ARN": () => ({
        records: stream.sdkRecords,
        options: { table: stream.streamArn },
      }),
    }
    test.each(Object.keys(forms))('%s', async form => {
      const { records, options } = forms[form]!()
      const { client } = stream.reader()
      const results = await client.openStreamRecords(records, options)
      expect(results.map(({ record }) => record).slice(0, 3)).toEqual(
        [INSERT, MODIFY, REMOVE].map(stream.opened),
      )
      expect(results[3]?.record?.newImage).toEqual({
        ...noteKey,
        _et: 'Note',
        text: 'in clear',
        blob: bytes(9),
      })
      const prefix = form === 'through Kinesis' ? 'kinesis-' : ''
      expect(results.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
        form === "as Kinesis' data, parsed"
          ? ['', '', '', '', '']
          : stream.sequenceNumbers.map(each => `${prefix}${each}`),
      )
      expect(await client.openStreamRecord(records[MODIFY]!, options)).toEqual(stream.opened(MODIFY))
      for (const { record } of results)
        for (const image of [record?.newImage, record?.oldImage])
          if (image !== undefined) expect(image.blob?.constructor).toBe(Uint8Array)
    })

    test('and what it was given stays as it was', async () => {
      const records = [stream.lambda(INSERT), stream.lambda(MODIFY)]
      await stream.reader().client.openStreamRecords(records)
      expect(records).toEqual([stream.lambda(INSERT), stream.lambda(MODIFY)])
    })

    test('under the logical name of the table', async () => {
      const ofStage = (arn: string) => arn.replace(`table/${TABLE}`, `table/stage-${TABLE}`)
      const { client } = stream.reader({ logicalTableName: name => name.replace('stage-', '') })
      const record = stream.changed(INSERT, (_, each) => {
        each.eventSourceARN = ofStage(stream.streamArn)
      })
      expect(await client.openStreamRecord(record)).toEqual(stream.opened(INSERT))
    })

    test('with wrapped numbers, where the document client has them', async () => {
      const record = stream.changed(INSERT, ({ NewImage }) => {
        NewImage.count = { N: '12345678901234567890.5' }
      })
      const { client } = stream.reader({}, { unmarshallOptions: { wrapNumbers: true } })
      const { newImage } = await client.openStreamRecord(record)
      expect(newImage?.count).toMatchObject({ value: '12345678901234567890.5' })
      await expect(stream.reader().client.openStreamRecord(record)).rejects.toMatchObject({
        code: 'invalid-record',
        message: expect.stringMatching(/NewImage, at 'count'.*wrapNumbers/),
      })
    })
  })

  describe('of an entity', () => {
    test('has what its formatter gives', async () => {
      const { client, Person } = stream.reader()
      const record = await client.openStreamRecord(Person, stream.lambda(MODIFY))
      expect(record).toEqual({
        ...stream.opened(MODIFY),
        newImage: { ...key, ...person(1), text: 'secret 2', count: 2 },
        oldImage: { ...key, ...person(1) },
      })
      expectTypeOf(record?.newImage?.text).toEqualTypeOf<string | undefined>()
      expectTypeOf(record?.oldImage?.address?.zip).toEqualTypeOf<number | undefined>()

      const untyped = await client.openStreamRecord(stream.lambda(MODIFY))
      expect(Person.build(EntityFormatter).format(untyped.newImage ?? {})).toEqual(record?.newImage)
    })

    test('the records of other entities and tables are passed by, whatever is in them', async () => {
      const { client, Person, Note } = stream.reader()
      peopleAndNotes(client, 'others')
      const tampered = stream.changed(INSERT, ({ NewImage }) => {
        NewImage.text = { B: 'AAAA' }
      })
      const elsewhere = stream.changed(INSERT, (_, record) => {
        record.eventSourceARN = stream.streamArn.replace(TABLE, 'others')
      })
      stream.world.cloud.clearCalls()
      const notes = await client.openStreamRecords(Note, [tampered, ...stream.lambdaRecords, elsewhere])
      expect(notes.map(({ record }) => record?.newImage ?? record?.oldImage)).toEqual([
        ...[undefined, undefined, undefined, undefined],
        ...[1, 2].map(() => ({ ...noteKey, text: 'in clear', blob: bytes(9) })),
        undefined,
      ])
      expect(notes.some(({ error }) => error !== undefined)).toBe(false)
      expect(stream.world.kmsCalls(WEST)).toEqual([])
      expect(await client.openStreamRecord(Person, elsewhere)).toBeUndefined()
      expect(await client.openStreamRecord(Person, stream.lambdaRecords[NOTE]!)).toBeUndefined()
      expect(await client.openStreamRecord(Person, stream.sdkRecords[INSERT]!)).toMatchObject({
        newImage: { text: 'secret 1' },
      })
    })

    test('an image of another one is not there; a record without images is of all', async () => {
      const { client, Person, Note } = stream.reader()
      const became = stream.changed(MODIFY, ({ OldImage }) => {
        OldImage._et = { S: 'Note' }
        OldImage.text = { S: 'in clear' }
      })
      expect(await client.openStreamRecord(Person, became)).toMatchObject({
        newImage: { text: 'secret 2' },
        oldImage: undefined,
      })
      const keysOnly = stream.changed(REMOVE, dynamodb => {
        Reflect.deleteProperty(dynamodb, 'OldImage')
      })
      for (const entity of [Person, Note])
        expect(await client.openStreamRecord(entity as typeof Person, keysOnly)).toEqual({
          ...stream.opened(REMOVE),
          oldImage: undefined,
        })
    })

    test('that is not registered, or whose schema does not fit', async () => {
      const { client, Note } = stream.reader()
      const stranger = peopleAndNotes(stream.world.sealedClient(EAST), TABLE).Person
      await expect(client.openStreamRecord(stranger, stream.lambda(INSERT))).rejects.toMatchObject({
        name: 'ToolboxError',
        code: 'not-registered',
        message: expect.stringMatching(/Entity Person is not registered/),
      })
      const unfit = stream.changed(NOTE, ({ NewImage }) => {
        NewImage.text = { N: '5' }
      })
      const [failed, fine] = await client.openStreamRecords(Note, [unfit, stream.lambdaRecords[NOTE]!])
      expect(failed).toMatchObject({
        sequenceNumber: stream.sequenceNumbers[NOTE],
        error: { code: 'formatter.invalidAttribute' },
      })
      expect(fine?.record?.newImage?.text).toBe('in clear')
    })
  })

  test('a thousand of them cost one call of KMS for each data key', async () => {
    const many = async (n: number) => {
      const { client, Person } = stream.reader({}, undefined, EAST)
      const items = Array.from({ length: 500 }, (_, i) =>
        Person.build(EntityParser).parse({ pk: `${n}`, sk: `${i}`, text: `secret ${i}` }),
      )
      return client.sealItems(
        TABLE,
        items.map(({ item }) => item),
      )
    }
    const items = [...(await many(0)), ...(await many(1))]
    const marshalled = items.map(({ pk, sk, text, ...attributes }) => ({
      eventName: 'INSERT',
      eventSourceARN: stream.streamArn,
      dynamodb: {
        SequenceNumber: `${pk}-${sk}`,
        Keys: { pk: { S: pk }, sk: { S: sk } },
        NewImage: {
          pk: { S: pk },
          sk: { S: sk },
          _et: { S: 'Person' },
          text: { B: text },
          ...(attributes.dynaseal === undefined ? {} : { dynaseal: { B: attributes.dynaseal } }),
        },
      },
    }))
    stream.world.cloud.clearCalls()
    const results = await stream
      .reader()
      .client.openStreamRecords(JSON.parse(JSON.stringify(marshalled, inBase64)))
    expect(results.map(({ record }) => record?.newImage?.text)).toEqual(
      [0, 1].flatMap(() => Array.from({ length: 500 }, (_, i) => `secret ${i}`)),
    )
    expect(stream.world.kmsCalls()).toEqual([`Decrypt ${WEST}`, `Decrypt ${WEST}`])
  })

  describe('without an image, or with an identity', () => {
    test.each([
      ['INSERT', INSERT, []],
      ['MODIFY', MODIFY, ['NewImage']],
      ['MODIFY', MODIFY, ['OldImage']],
      ['MODIFY', MODIFY, ['NewImage', 'OldImage']],
      ['REMOVE', REMOVE, ['OldImage']],
    ] as const)('%s (%i) without %j', async (_, index, without) => {
      const record = stream.changed(index, dynamodb => {
        for (const name of without) Reflect.deleteProperty(dynamodb, name)
      })
      const expected: Record<string, unknown> = stream.opened(index)
      for (const name of without) expected[name === 'NewImage' ? 'newImage' : 'oldImage'] = undefined
      expect(await stream.reader().client.openStreamRecord(record)).toEqual(expected)
    })

    test.each([
      ['of Lambda', { type: 'Service', principalId: 'dynamodb.amazonaws.com' }, true],
      ['of the SDK', { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' }, true],
      ['of somebody else', { type: 'Service', principalId: 'lambda.amazonaws.com' }, false],
      ['of nobody', null, false],
    ])('an expiry has the identity %s', async (_, userIdentity, isExpiry) => {
      const record = stream.changed(REMOVE, (__, each) => {
        each.userIdentity = userIdentity
      })
      expect(await stream.reader().client.openStreamRecord(record)).toEqual({
        ...stream.opened(REMOVE),
        isExpiry,
      })
    })
  })

  test('an item of another region, which the stream of this one has', async () => {
    const { client, Person } = stream.reader({}, undefined, EAST)
    await Person.build(PutItemCommand)
      .item({ ...key, ...person(3) })
      .send()
    expect((await Person.build(GetItemCommand).key(key).send()).Item).toMatchObject({ text: 'secret 3' })
    const records = await readStream(stream.world, stream.streamArn)
    const { record } = (
      await stream.reader().client.openStreamRecords([forLambda(records.at(-1)!, stream.streamArn)])
    )[0]!
    expect(record?.newImage?.text).toBe('secret 3')
    await client.send(new DeleteCommand({ TableName: TABLE, Key: key }))
  })
})
