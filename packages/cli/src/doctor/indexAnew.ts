import { aws } from './aws.js'
import type { Index } from './seen.js'
import { type DescribedTable, keyNames } from './select.js'

/** The projection of an index cannot be changed: another index takes its place, and then it goes. */
export function indexAnew(
  { name, region, description }: DescribedTable,
  index: Index,
  missing: readonly string[],
): string[] {
  const { IndexName, KeySchema, Projection } = index
  const NonKeyAttributes = [...new Set([...(Projection?.NonKeyAttributes ?? []), ...missing])]
  const attributes = keyNames(index)
  const AttributeDefinitions = (description.AttributeDefinitions ?? []).filter(
    ({ AttributeName }) => AttributeName !== undefined && attributes.includes(AttributeName),
  )
  const Create = {
    IndexName: `${IndexName}-2`,
    KeySchema,
    Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes },
  }
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
