import { AwsError } from '../aws.js'
import type { Engine } from './engine.js'

/** What dynalite has: the files in its folder `actions`. */
export const DYNALITE_OPERATIONS: ReadonlySet<string> = new Set([
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
])

/** What is known of dynalite before it is loaded. */
export const DYNALITE = {
  name: 'dynalite',
  supports: (operation: string) => DYNALITE_OPERATIONS.has(operation),
  updatesIndexes: false,
}

/** What dynoxide has: `KNOWN_OPERATIONS` in its source. */
export const DYNOXIDE_OPERATIONS: ReadonlySet<string> = new Set([
  ...DYNALITE_OPERATIONS,
  'BatchExecuteStatement',
  'DescribeStream',
  'ExecuteStatement',
  'ExecuteTransaction',
  'GetRecords',
  'GetShardIterator',
  'ListStreams',
  'TransactGetItems',
  'TransactWriteItems',
  'UpdateTimeToLive',
])

/** Throws AwsError for an operation that the engine does not have, and names the engine that has it. */
export function requireOperation(engine: Engine, operation: string): void {
  if (!engine.supports(operation)) refuse(engine, operation, DYNOXIDE_OPERATIONS.has(operation))
}

/** Throws AwsError for an UpdateTable that adds or removes an index, if the engine cannot. */
export function requireIndexUpdates(engine: Engine, input: Record<string, unknown>): void {
  const updates: unknown = input.GlobalSecondaryIndexUpdates
  if (engine.updatesIndexes || !Array.isArray(updates)) return
  for (const update of updates as ({ Create?: unknown; Delete?: unknown } | null)[]) {
    if (update?.Create) refuse(engine, 'Adding an index to a table', true)
    if (update?.Delete) refuse(engine, 'Removing an index from a table', true)
  }
}

/**
 * Throws AwsError for an UpdateTable that starts a stream, if the engine has none. CreateTable may ask for one in vain:
 * definitions of global tables have to, for AWS CloudFormation, and few who use them read the stream.
 */
export function requireStream(engine: Engine, { StreamSpecification }: Record<string, unknown>): void {
  const wanted = (StreamSpecification as { StreamEnabled?: unknown } | null | undefined)?.StreamEnabled
  if (wanted === true && !engine.supports('DescribeStream')) refuse(engine, 'Starting a stream', true)
}

function refuse(engine: Engine, what: string, dynoxideHas: boolean): never {
  const elsewhere = dynoxideHas
    ? "dynoxide has it: start the local cloud with --engine dynoxide (in TypeScript engine: 'dynoxide'), or "
    : 'No engine that the local cloud starts has it: '
  throw new AwsError(
    'UnknownOperationException',
    `${what} is not there: ${engine.name}, the engine behind this DynamoDB, does not have it. ` +
      `${elsewhere}run a DynamoDB server yourself and give its URL as \`engines\`.`,
  )
}
