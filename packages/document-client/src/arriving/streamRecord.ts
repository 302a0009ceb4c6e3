import { DocumentClientError } from '../errors.js'
import type { Told } from './change.js'

/**
 * A record of a change in a table. What Lambda's event has of DynamoDB Streams (`event.Records`), of a Kinesis data stream for
 * DynamoDB (likewise), what the SDK's `GetRecords` of DynamoDB Streams returns, or the JSON of a Kinesis record's data, parsed.
 */
export interface StreamRecord {
  readonly eventName?: string | undefined
  /** The stream's ARN, which has the table's name. The SDK's records have none. */
  readonly eventSourceARN?: string | undefined
  readonly dynamodb?: object | undefined
  /** `data` is the JSON of a record as base64 text. */
  readonly kinesis?: object | undefined
  readonly userIdentity?: object | null | undefined
  readonly tableName?: string | undefined
}

/** What a record tells, without the envelope that it came in. */
export interface ToldRecord {
  /** Name or ARN, of the table or of its stream; none in a record of the SDK. */
  readonly tableName: string | undefined
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE'
  readonly isExpiry: boolean
  readonly change: Told
}

type Members = Readonly<Record<string, unknown>>

/**
 * By what Lambda is told which record failed: that of the stream that Lambda reads. Empty for what is no record; then Lambda
 * takes the whole batch as failed.
 */
export function sequenceNumberOf(record: unknown): string {
  const { kinesis, dynamodb } = membersOf(record)
  const number = membersOf(kinesis).sequenceNumber ?? membersOf(dynamodb).SequenceNumber
  return typeof number === 'string' ? number : ''
}

/** @throws {DocumentClientError} `invalid-record` */
export function readRecord(given: unknown): ToldRecord {
  const { kinesis } = membersOf(given)
  const record = kinesis === undefined ? membersOf(given) : recordInside(membersOf(kinesis).data)
  const { eventName, dynamodb, eventSourceARN, tableName } = record
  if (typeof dynamodb !== 'object' || dynamodb === null)
    throw invalid('It has no member dynamodb. Give records one by one, as event.Records has them.')
  if (eventName !== 'INSERT' && eventName !== 'MODIFY' && eventName !== 'REMOVE')
    throw invalid('Its eventName is none of INSERT, MODIFY and REMOVE.')
  const named = eventSourceARN ?? tableName
  if (named !== undefined && typeof named !== 'string') throw invalid('Its table is no text.')
  return { tableName: named, eventName, isExpiry: isExpiry(record.userIdentity), change: dynamodb }
}

/** What DynamoDB wrote to a Kinesis data stream. */
function recordInside(data: unknown): Members {
  let record: unknown
  try {
    record = JSON.parse(Buffer.from(data as string, 'base64').toString())
  } catch {
    // The parser's own error quotes the text.
  }
  const members = membersOf(record)
  if (typeof members.tableName !== 'string')
    throw invalid('Its kinesis.data is no record of a table, as DynamoDB writes it to a Kinesis data stream.')
  return members
}

/** Whether DynamoDB deleted the item because its time to live was over. Lambda and the SDK differ in case. */
function isExpiry(identity: unknown): boolean {
  const { type, Type = type, principalId, PrincipalId = principalId } = membersOf(identity)
  return Type === 'Service' && PrincipalId === 'dynamodb.amazonaws.com'
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : NONE
}

const NONE: Members = {}

function invalid(why: string): DocumentClientError {
  return new DocumentClientError('invalid-record', `This is no record of a DynamoDB table's stream. ${why}`)
}
