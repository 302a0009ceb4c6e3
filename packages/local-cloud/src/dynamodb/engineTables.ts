import { setTimeout as sleep } from 'node:timers/promises'
import { ask, describeTable, type Engine, EngineError, type TableDescription } from './engine.js'

/** Waits until a table is ACTIVE or does not exist. An engine says so only when asked. */
export async function settled(engine: Engine, tableName: string): Promise<void> {
  for (;;) {
    try {
      const { TableStatus } = await describeTable(engine, tableName)
      if (TableStatus === 'ACTIVE') return
    } catch (error) {
      if (error instanceof EngineError) return
      throw error
    }
    await sleep(1)
  }
}

export async function exists(engine: Engine, tableName: string): Promise<boolean> {
  try {
    await describeTable(engine, tableName)
    return true
  } catch (error) {
    if (error instanceof EngineError) return false
    throw error
  }
}

export async function copyTimeToLive(from: Engine, to: Engine, tableName: string): Promise<void> {
  if (!to.supports('UpdateTimeToLive')) return
  const { TimeToLiveDescription } = await ask(from, 'DescribeTimeToLive', { TableName: tableName })
  const { AttributeName, TimeToLiveStatus } = TimeToLiveDescription as Record<string, unknown>
  if (TimeToLiveStatus !== 'ENABLED' && TimeToLiveStatus !== 'ENABLING') return
  const TimeToLiveSpecification = { AttributeName, Enabled: true }
  await ask(to, 'UpdateTimeToLive', { TableName: tableName, TimeToLiveSpecification })
}

/** The CreateTable that makes the same table again, its indexes included. */
export function copyOf(description: TableDescription): Record<string, unknown> {
  const onDemand = (description.BillingModeSummary as { BillingMode?: string } | undefined)?.BillingMode
  const throughput = (of: Record<string, unknown>) => {
    const { ReadCapacityUnits, WriteCapacityUnits } = of.ProvisionedThroughput as Record<string, unknown>
    return onDemand === 'PAY_PER_REQUEST'
      ? {}
      : { ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits } }
  }
  const index = ({ IndexName, KeySchema, Projection }: Record<string, unknown>) => ({
    IndexName,
    KeySchema,
    Projection,
  })
  const stream = description.StreamSpecification as { StreamEnabled?: boolean } | undefined
  const local = description.LocalSecondaryIndexes as Record<string, unknown>[] | undefined
  const global = description.GlobalSecondaryIndexes as Record<string, unknown>[] | undefined
  return {
    TableName: description.TableName,
    AttributeDefinitions: description.AttributeDefinitions,
    KeySchema: description.KeySchema,
    BillingMode: onDemand,
    ...throughput(description),
    StreamSpecification: stream?.StreamEnabled === true ? stream : undefined,
    LocalSecondaryIndexes: local?.map(index),
    GlobalSecondaryIndexes: global?.map(one => ({ ...index(one), ...throughput(one) })),
  }
}
