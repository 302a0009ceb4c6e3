/**
 * A DynamoDB attribute value in the shape the wire and `@aws-sdk/client-dynamodb` give it.
 *
 * Structural, so that values pass between the SDK and this package without a cast and without a
 * dependency. `$unknown` is there only because the SDK's union has it: such a value is refused.
 */
export type AttributeValue =
  | { S: string }
  | { N: string }
  | { B: Uint8Array }
  | { BOOL: boolean }
  | { NULL: boolean }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: Uint8Array[] }
  | { M: Record<string, AttributeValue> }
  | { L: AttributeValue[] }
  | { $unknown: [string, unknown] }
