import type { _Record } from '@aws-sdk/client-dynamodb-streams'
import { GetCommand, type TranslateConfig } from '@aws-sdk/lib-dynamodb'
import type { SealOptions, StreamRecord } from '@dynaseal/toolbox'
import type { DynamoDBRecord } from 'aws-lambda'
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll } from 'vitest'
import { describeDynoxide } from '../../../packages/local-cloud/test/eachEngine.js'
import { bytes, peopleAndNotes, person } from '../../support/people.js'
import { createStreamingTable, forLambda, readStream } from '../../support/streamRecords.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'

export const TABLE = 'people'
export const key = { pk: 'a', sk: '1' }
export const noteKey = { pk: 'a', sk: 'note' }
/** What happens to a person, and where in the stream it stands; then a note is inserted and removed. */
export const [INSERT, MODIFY, REMOVE, NOTE] = [0, 1, 2, 3] as const

type Image = Record<string, Record<string, unknown>>
export interface Change {
  Keys: Image
  NewImage: Image
  OldImage: Image
}

/** A change that somebody makes: another value of an attribute of the new image. */
export const newImage =
  (name: string, value: unknown) =>
  ({ NewImage }: Change) => {
    NewImage[name] = value as Image[string]
  }

/** The stream of a table, read from its beginning, and what to read it with. */
interface Recorded {
  readonly world: World
  readonly streamArn: string
  readonly sdkRecords: readonly StreamRecord[]
  readonly lambdaRecords: readonly DynamoDBRecord[]
  readonly sequenceNumbers: readonly (string | undefined)[]
  /** A sealed client of another process, in the other region unless another one is said. */
  reader(
    options?: Partial<SealOptions>,
    translate?: TranslateConfig,
    region?: string,
  ): { client: ReturnType<World['sealedClient']> } & ReturnType<typeof peopleAndNotes>
  /** A copy of a record. */
  lambda(index: number): DynamoDBRecord
  /** A copy, changed as somebody does who speaks JSON. */
  changed(index: number, change: (dynamodb: Change, record: Record<string, unknown>) => void): StreamRecord
  /** What a record of the person is when it is opened: the images are as the document client reads the item. */
  opened(index: number): Record<string, unknown>
}

export let stream: Recorded

/** Tests of one stream, which is recorded before the first of them. */
export function describeStream(name: string, tests: () => void): void {
  describeDynoxide(name, () => {
    beforeAll(async () => {
      stream = await recordStream()
    }, 60_000)
    afterAll(() => stream?.world.stop())
    tests()
  })
}

async function recordStream(): Promise<Recorded> {
  const world = await createWorld({ engine: 'dynoxide' })
  const streamArn = await createStreamingTable(world, TABLE)
  const stored = await write(world)
  const sdkRecords: _Record[] = await readStream(world, streamArn)
  const lambdaRecords = sdkRecords.map(record => forLambda(record, streamArn))
  const lambda = (index: number) => structuredClone(lambdaRecords[index]) as DynamoDBRecord
  return {
    world,
    streamArn,
    sdkRecords: sdkRecords as StreamRecord[],
    lambdaRecords,
    sequenceNumbers: lambdaRecords.map(({ dynamodb }) => dynamodb?.SequenceNumber),
    reader(options, translate, region = WEST) {
      const client = world.sealedClient(region, options, translate)
      return { client, ...peopleAndNotes(client, TABLE) }
    },
    lambda,
    changed(index, change) {
      const record = lambda(index)
      change(record.dynamodb as unknown as Change, record as unknown as Record<string, unknown>)
      return record as StreamRecord
    },
    opened: index => ({
      eventName: ['INSERT', 'MODIFY', 'REMOVE'][index],
      table: TABLE,
      keys: key,
      newImage: [stored[0], stored[1], undefined][index],
      oldImage: [undefined, stored[0], stored[1]][index],
      isExpiry: false,
    }),
  }
}

/** @returns the person, as the document client reads it, before and after the update */
async function write(world: World): Promise<unknown[]> {
  const client = world.sealedClient(EAST)
  const { Person, Note } = peopleAndNotes(client, TABLE)
  const read = async () =>
    (await client.send(new GetCommand({ TableName: TABLE, Key: key, ConsistentRead: true }))).Item
  const first = { ...key, ...person(1) }
  await Person.build(PutItemCommand).item(first).send()
  const before = await read()
  const update = { ...key, text: 'secret 2', count: 2 }
  await Person.build(UpdateItemCommand).item(update).send()
  const after = await read()
  await Person.build(DeleteItemCommand).key(key).send()
  const note = { ...noteKey, text: 'in clear', blob: bytes(9) }
  await Note.build(PutItemCommand).item(note).send()
  await Note.build(DeleteItemCommand).key(noteKey).send()
  return [before, after]
}
