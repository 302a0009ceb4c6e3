import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBRecord, KinesisStreamRecord } from 'aws-lambda'
import { EAST, type World } from './world.js'

/** A table with keys `pk` and `sk` and a stream, in one region. @returns the stream's ARN */
export async function createStreamingTable(world: World, TableName: string): Promise<string> {
  const client = new DynamoDBClient(world.config(EAST))
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  )
  client.destroy()
  return TableDescription?.LatestStreamArn as string
}

/** All records of a stream, as the SDK has them. */
export async function readStream(world: Pick<World, 'config'>, StreamArn: string): Promise<_Record[]> {
  const client = new DynamoDBStreamsClient(world.config(EAST))
  const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }))
  const records: _Record[] = []
  for (const { ShardId } of StreamDescription?.Shards ?? []) {
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    )
    const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }))
    records.push(...Records)
  }
  client.destroy()
  return records
}

/** As an event of Lambda carries it, which is JSON. */
export function forLambda({ userIdentity, ...record }: _Record, eventSourceARN: string): DynamoDBRecord {
  const identity = userIdentity && { type: userIdentity.Type, principalId: userIdentity.PrincipalId }
  return JSON.parse(
    JSON.stringify({ ...record, eventSourceARN, ...(identity && { userIdentity: identity }) }, inBase64),
  )
}

/** As an event of Lambda carries it of a Kinesis data stream. */
export function throughKinesis(record: DynamoDBRecord, tableName: string): KinesisStreamRecord {
  const { eventSourceARN: _, dynamodb, userIdentity = null, ...others } = record
  const { SequenceNumber: sequenceNumber = '', StreamViewType: __, ...change } = dynamodb ?? {}
  const data = { ...others, userIdentity, recordFormat: 'application/json', tableName, dynamodb: change }
  return {
    awsRegion: EAST,
    eventID: `shardId-0:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventSourceARN: `arn:aws:kinesis:${EAST}:000000000000:stream/changes`,
    eventVersion: '1.0',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/changes',
    kinesis: {
      approximateArrivalTimestamp: 0,
      data: Buffer.from(JSON.stringify(data)).toString('base64'),
      kinesisSchemaVersion: '1.0',
      partitionKey: '0',
      sequenceNumber: `kinesis-${sequenceNumber}`,
    },
  }
}

/** For `JSON.stringify()`. */
export function inBase64(this: unknown, name: string, value: unknown): unknown {
  const own = (this as Record<string, unknown>)[name]
  return own instanceof Uint8Array ? Buffer.from(own).toString('base64') : value
}
