import type { AttributePattern, ItemToken } from '@dynaseal/document-client/mapper'
import type { Schema, Transformer } from 'dynamodb-toolbox'
import { invalidSchema } from './errors.js'
import type { RegistrableEntity } from './registry.js'

/** Marks the attribute where a serialized schema keeps it. */
export const TOKEN_META = 'dynaseal:token'

/** By what registration knows a token attribute; what makes one is there only where somebody does. */
export abstract class TokenMark implements Transformer {
  readonly transformerId = 'dynaseal:token'
  /** The attributes that it is of. */
  abstract readonly of: readonly string[]

  /**
   * The token attribute behind a schema.
   *
   * @throws {ToolboxError} `invalid-schema` when it says that it is one and nothing makes its tokens
   */
  static of(schema: Schema, place: string): TokenMark | undefined {
    const { transform, meta } = schema.props as { transform?: unknown; meta?: Record<string, unknown> }
    if (transform instanceof TokenMark) return transform
    if (meta?.[TOKEN_META] !== true) return undefined
    throw invalidSchema(
      `'${place}' was a search token in the schema that this one was made from, and is not any more: fromSchemaDTO() and the like lose what it is of. Say it again with token().`,
    )
  }

  /**
   * @param path as stored
   * @throws {ToolboxError} `invalid-schema`
   */
  abstract itemToken(entity: RegistrableEntity, path: AttributePattern): ItemToken

  abstract encode(): never
  abstract decode(): string
}
