import type { Schema, Transformer } from 'dynamodb-toolbox'
import { ToolboxError } from './errors.js'
import type { TokenOptions } from './token.js'

/** Marks the attribute where a serialized schema keeps it. */
export const TOKEN_META = 'dynaseal:token'

/** The transformer of a token attribute, which never transforms: the sealed client writes it, and takes it out. */
export class TokenAttribute implements Transformer {
  readonly transformerId = 'dynaseal:token'

  constructor(
    readonly of: readonly string[],
    readonly options: Omit<TokenOptions, 'savedAs'>,
  ) {}

  /**
   * The token attribute behind a schema.
   *
   * @throws {ToolboxError} `invalid-schema` when it says that it is one and nothing makes its tokens
   */
  static of(schema: Schema, place: string): TokenAttribute | undefined {
    const { transform, meta } = schema.props as { transform?: unknown; meta?: Record<string, unknown> }
    if (transform instanceof TokenAttribute) return transform
    if (meta?.[TOKEN_META] !== true) return undefined
    throw new ToolboxError(
      'invalid-schema',
      `'${place}' was a search token in the schema that this one was made from, and is not any more: fromSchemaDTO() and the like lose what it is of. Say it again with token().`,
    )
  }

  readonly refuse = (): never => {
    throw new ToolboxError(
      'plaintext-refused',
      `A search token was given a value: the token of ${this.of.join(', ')} is computed by the sealed client. Leave it out; in a condition, compare it with search(value).`,
    )
  }

  encode(): never {
    return this.refuse()
  }

  /**
   * Hidden, and only there where no sealed client has taken it out; or, in a batch, as what was searched for: dynamodb-toolbox
   * tells by it which item was asked for by which key.
   */
  decode(): string {
    return ''
  }

  /** For the DTO of a schema, as of an encrypted attribute. */
  toJSON(): object {
    return { transformerId: this.transformerId, of: this.of }
  }
}
