import type { AttributePattern, ItemToken } from '@dynaseal/document-client/mapper'
import { ToolboxError } from './errors.js'
import type { RegistrableEntity } from './registry.js'
import type { TokenOptions } from './token.js'
import { TokenMark } from './tokenMark.js'
import { tokenOf } from './tokensOfEntity.js'

/** The transformer of a token attribute, which never transforms: the sealed client writes it, and takes it out. */
export class TokenAttribute extends TokenMark {
  constructor(
    readonly of: readonly string[],
    readonly options: Omit<TokenOptions, 'savedAs'>,
  ) {
    super()
  }

  override itemToken(entity: RegistrableEntity, path: AttributePattern): ItemToken {
    return tokenOf(entity, this, path)
  }

  readonly refuse = (): never => {
    throw new ToolboxError(
      'plaintext-refused',
      `A search token was given a value: the token of ${this.of.join(', ')} is computed by the sealed client. Leave it out; in a condition, compare it with search(value).`,
    )
  }

  override encode(): never {
    return this.refuse()
  }

  /**
   * Hidden, and only there where no sealed client has taken it out; or, in a batch, as what was searched for: dynamodb-toolbox
   * tells by it which item was asked for by which key.
   */
  override decode(): string {
    return ''
  }

  /** For the DTO of a schema, as of an encrypted attribute. */
  toJSON(): object {
    return { transformerId: this.transformerId, of: this.of }
  }
}
