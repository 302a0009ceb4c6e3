import { aws } from './aws.js'
import type { Index } from './seen.js'
import { type DescribedTable, keyNames } from './select.js'

/** An index that has more attributes. */
export function indexAnew(table: DescribedTable, index: Index, missing: readonly string[]): string[] {
  const NonKeyAttributes = [...new Set([...(index.Projection?.NonKeyAttributes ?? []), ...missing])]
  return another(table, index, { ProjectionType: 'INCLUDE', NonKeyAttributes })
}

/** An index that has all attributes. */
export function indexWhole(table: DescribedTable, index: Index): string[] {
  return another(table, index, { ProjectionType: 'ALL' })
}

/**
 * The projection of an index cannot be changed: another index takes its place, and then it goes. A local one is made with
 * its table; DynamoDB fetches what it lacks where a query asks for that ("Local secondary indexes" in its guide).
 */
function another({ name, region, description }: DescribedTable, index: Index, Projection: object): string[] {
  const { IndexName, KeySchema } = index
  if (!(description.GlobalSecondaryIndexes ?? []).includes(index))
    return [
      `# In the application: query ${IndexName} with Select ALL_ATTRIBUTES; a local index cannot be changed`,
    ]
  const attributes = keyNames(index)
  const AttributeDefinitions = (description.AttributeDefinitions ?? []).filter(
    ({ AttributeName }) => AttributeName !== undefined && attributes.includes(AttributeName),
  )
  const Create = { IndexName: `${IndexName}-2`, KeySchema, Projection }
  return [
    aws('dynamodb update-table', region, {
      'table-name': name,
      'attribute-definitions': AttributeDefinitions,
      'global-secondary-index-updates': [{ Create }],
    }),
    `# When it is ACTIVE, and the application queries ${IndexName}-2:`,
    removeIndex(name, region, IndexName!),
  ]
}

export function removeIndex(table: string, region: string, IndexName: string): string {
  return aws('dynamodb update-table', region, {
    'table-name': table,
    'global-secondary-index-updates': [{ Delete: { IndexName } }],
  })
}
