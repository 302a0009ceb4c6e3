import { ACCOUNT, AwsError, type AwsRequest, type AwsResponse } from '../aws.js'
import { withBody } from './answers.js'
import { isPartiQl } from './partiQl/request.js'
import { tableOf, withTable } from './partiQl/table.js'

/** A request whose tables have their names, and what makes its answer speak of them as the client did. */
export interface NamedTables {
  readonly request: AwsRequest
  readonly restore: (response: AwsResponse) => AwsResponse
}

type Members = Record<string, unknown>

/**
 * Where DynamoDB takes the name of a table, it takes its ARN, and answers with the ARN: see `ConsumedCapacity` and
 * `BatchGetItem` in https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/. Engines do not.
 *
 * Throws AwsError, ValidationException or AccessDeniedException, for an ARN that is not one of a table here.
 */
export function withTableNames(request: AwsRequest): NamedTables {
  const unchanged = { request, restore: (response: AwsResponse) => response }
  // Nearly all requests have none, and are passed on as they are.
  if (!request.body.includes('arn:')) return unchanged
  const input = parse(request.body)
  if (input === undefined) return unchanged
  const arns = new Map<string, string>()
  const nameOf = (name: unknown): unknown => {
    if (typeof name !== 'string' || !name.startsWith('arn:')) return name
    const tableName = tableNameOf(name, request.region)
    arns.set(tableName, name)
    return tableName
  }
  const named = nameTables(input, nameOf, isPartiQl(request.operation))
  if (arns.size === 0) return unchanged
  return {
    request: { ...request, body: Buffer.from(JSON.stringify(named)) },
    restore: response => restored(response, arns),
  }
}

function parse(body: string | Buffer): Members | undefined {
  try {
    const input: unknown = JSON.parse(body.toString())
    return isMembers(input) ? input : undefined
  } catch {
    return undefined
  }
}

/** Throws AwsError: another account's tables are denied, all else is invalid, as DynamoDB's tagging operations do. */
function tableNameOf(arn: string, region: string): string {
  const [, , service, , account, resource = ''] = arn.split(':')
  if (service === 'dynamodb' && account !== ACCOUNT && /^\d{12}$/.test(account ?? ''))
    throw new AwsError(
      'AccessDeniedException',
      `The local cloud has one account, ${ACCOUNT}: it is not authorized to access the resource ${arn}`,
    )
  const [, tableName] = /^table\/([a-zA-Z0-9_.-]{3,255})$/.exec(resource) ?? []
  if (tableName === undefined || arn !== `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${tableName}`)
    throw new AwsError(
      'ValidationException',
      `Invalid TableArn: Invalid ResourceArn provided as input ${arn}`,
    )
  return tableName
}

/** Wherever an operation has the name of a table: itself, in its batches, its transaction items, its statements. */
function nameTables(input: Members, nameOf: (name: unknown) => unknown, partiQl: boolean): Members {
  const one = (members: unknown): unknown => {
    if (!isMembers(members)) return members
    const named = { ...members }
    if ('TableName' in members) named.TableName = nameOf(members.TableName)
    const table = partiQl && typeof members.Statement === 'string' ? tableOf(members.Statement) : undefined
    if (table !== undefined) named.Statement = withTable(members.Statement as string, String(nameOf(table)))
    return named
  }
  const each = (list: unknown, change: (member: unknown) => unknown): unknown =>
    Array.isArray(list) ? list.map(change) : list
  const named = one(input) as Members
  if ('RequestItems' in named) named.RequestItems = renamedOnce(named.RequestItems, nameOf)
  if ('TransactItems' in named)
    named.TransactItems = each(named.TransactItems, item =>
      isMembers(item) ? mapValues(item, action => one(action)) : item,
    )
  for (const name of ['Statements', 'TransactStatements'])
    if (name in named) named[name] = each(named[name], one)
  return named
}

/** Throws AwsError when a table stands in a batch by its name and by its ARN. */
function renamedOnce(requests: unknown, nameOf: (name: unknown) => unknown): unknown {
  if (!isMembers(requests)) return requests
  const entries = Object.entries(requests).map(([name, value]) => [String(nameOf(name)), value] as const)
  const twice = entries.find(([name], n) => entries.findIndex(([other]) => other === name) !== n)
  if (twice !== undefined)
    throw new AwsError(
      'ValidationException',
      `Each table name or ARN can be used only once in a batch: ${twice[0]} is there twice`,
    )
  return Object.fromEntries(entries)
}

/** With the ARNs that the client has used, in all members that name tables. */
function restored(response: AwsResponse, arns: ReadonlyMap<string, string>): AwsResponse {
  const answer = response.status === 200 ? parse(response.body) : undefined
  if (answer === undefined) return response
  const arnOf = (name: unknown): unknown => (typeof name === 'string' ? (arns.get(name) ?? name) : name)
  const one = (members: unknown): unknown =>
    isMembers(members) && 'TableName' in members
      ? { ...members, TableName: arnOf(members.TableName) }
      : members
  for (const name of [
    'ConsumedCapacity',
    'ItemCollectionMetrics',
    'Responses',
    'UnprocessedItems',
    'UnprocessedKeys',
  ]) {
    const value = answer[name]
    if (Array.isArray(value)) answer[name] = value.map(one)
    else if (name === 'ConsumedCapacity') answer[name] = one(value)
    else if (isMembers(value))
      answer[name] = Object.fromEntries(
        Object.entries(value).map(([table, member]) => [String(arnOf(table)), member]),
      )
  }
  return withBody(response, JSON.stringify(answer))
}

function mapValues(members: Members, change: (value: unknown) => unknown): Members {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]))
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
