import { isDeepStrictEqual } from 'node:util'
import { at, type Calls, until } from './calls.js'
import { InitialResourceError, type InitialTable } from './resources.js'

/** What DescribeTable answers and CreateTable takes, as far as we read it. */
interface TableShape {
  readonly TableStatus?: string
  readonly KeySchema?: readonly unknown[]
  readonly AttributeDefinitions?: readonly unknown[]
  readonly LocalSecondaryIndexes?: readonly IndexShape[]
  readonly GlobalSecondaryIndexes?: readonly IndexShape[]
  readonly Replicas?: readonly { readonly RegionName: string; readonly ReplicaStatus: string }[]
}

interface IndexShape {
  readonly IndexName: string
  readonly KeySchema: readonly unknown[]
  readonly Projection?: unknown
}

/**
 * Makes what is missing of a table: itself, its replicas, its TTL setting. What is there is left as it is, and
 * refused if it could not be made so: another key, or indexes or attributes that are not there.
 */
export async function ensureTable(
  calls: Calls,
  table: InitialTable,
  home: string,
  path: string,
): Promise<void> {
  const { TableName, Region, ReplicaRegions = [], TimeToLiveSpecification, ...input } = table
  const describe = async () =>
    (await calls.find('dynamodb', home, 'DescribeTable', { TableName }))?.Table as TableShape | undefined

  const found = await at(path, describe)
  if (found === undefined)
    await at(path, () => calls.send('dynamodb', home, 'CreateTable', { TableName, ...input }))
  else refuseOther(input, found, TableName, path)
  await until(async () => (await describe())?.TableStatus === 'ACTIVE')

  for (const [n, RegionName] of ReplicaRegions.entries()) {
    const replica = async () => (await describe())?.Replicas?.find(one => one.RegionName === RegionName)
    if ((await replica()) === undefined)
      await at(`${path}.ReplicaRegions[${n}]`, () =>
        calls.send('dynamodb', home, 'UpdateTable', {
          TableName,
          ReplicaUpdates: [{ Create: { RegionName } }],
        }),
      )
    await until(async () => (await replica())?.ReplicaStatus !== 'CREATING')
    if ((await replica())?.ReplicaStatus !== 'ACTIVE')
      throw new InitialResourceError(`${path}.ReplicaRegions[${n}]`, `${TableName} could not be copied there`)
  }
  if (TimeToLiveSpecification !== undefined)
    await at(`${path}.TimeToLiveSpecification`, () =>
      ensureTimeToLive(calls, home, TableName, TimeToLiveSpecification, path),
    )
}

async function ensureTimeToLive(
  calls: Calls,
  home: string,
  TableName: string,
  wanted: { readonly AttributeName: string },
  path: string,
): Promise<void> {
  const { TimeToLiveDescription } = await calls.send('dynamodb', home, 'DescribeTimeToLive', { TableName })
  const { AttributeName } = (TimeToLiveDescription ?? {}) as { AttributeName?: string }
  if (AttributeName === wanted.AttributeName) return
  if (AttributeName !== undefined)
    throw new InitialResourceError(
      `${path}.TimeToLiveSpecification`,
      `is ${wanted.AttributeName}, but ${TableName} that is there has ${AttributeName}. ` +
        'Describe it as it is, or choose another directory.',
    )
  await calls.send('dynamodb', home, 'UpdateTimeToLive', { TableName, TimeToLiveSpecification: wanted })
}

function refuseOther(wanted: TableShape, found: TableShape, tableName: string, path: string): void {
  const refuse = (member: string) => {
    throw new InitialResourceError(
      `${path}.${member}`,
      `${tableName} is there, and is different. Describe it as it is, give it another name, or choose another directory.`,
    )
  }
  if (!isDeepStrictEqual(wanted.KeySchema, found.KeySchema)) refuse('KeySchema')
  for (const [n, definition] of (wanted.AttributeDefinitions ?? []).entries()) {
    if (!found.AttributeDefinitions?.some(one => isDeepStrictEqual(one, definition)))
      refuse(`AttributeDefinitions[${n}]`)
  }
  for (const kind of ['LocalSecondaryIndexes', 'GlobalSecondaryIndexes'] as const) {
    for (const [n, index] of (wanted[kind] ?? []).entries()) {
      const { IndexName, KeySchema, Projection } = index
      const there = found[kind]?.find(one => one.IndexName === IndexName)
      if (
        !isDeepStrictEqual(there?.KeySchema, KeySchema) ||
        !isDeepStrictEqual(there?.Projection, Projection)
      )
        refuse(`${kind}[${n}]`)
    }
  }
}
