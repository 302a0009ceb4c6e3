import { type AttributePattern, anyIndex, anyKey } from '@dynaseal/document-client/mapper'
import type { Schema } from 'dynamodb-toolbox'

/** The schemas directly inside of a schema, each with its step in a path. */
export function children(schema: Schema): [AttributePattern[number], Schema][] {
  switch (schema.type) {
    case 'item':
    case 'map':
      return Object.entries(schema.attributes)
    case 'list':
    case 'set':
      return [[anyIndex, schema.elements]]
    case 'record':
      return [[anyKey, schema.elements]]
    case 'tuple':
    case 'anyOf':
      return schema.elements.map((element, index): [number, Schema] => [index, element])
    default:
      return []
  }
}
