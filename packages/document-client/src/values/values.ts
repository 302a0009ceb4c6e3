import type { unmarshallOptions } from '@aws-sdk/util-dynamodb'
import type { AttributePath, AttributeValue } from '@dynaseal/core'

/**
 * Between the values that a client's commands carry, and attribute values, which are what is sealed: wherever one becomes
 * the other, it is here.
 */
export interface Values {
  /** @throws {Error} that quotes the value: not to be let out */
  attribute(value: unknown): AttributeValue
  /**
   * @param describe tells a place in the value without what is secret about it
   * @throws {DocumentClientError} `invalid-value`, which may be let out
   */
  attributeAt(
    path: AttributePath,
    value: unknown,
    describe?: (inside: AttributePath) => string,
  ): AttributeValue
  /** @throws {Error} that quotes the value: not to be let out */
  native(value: AttributeValue): unknown
  /** The client's. */
  readonly unmarshallOptions?: unmarshallOptions | undefined
}
