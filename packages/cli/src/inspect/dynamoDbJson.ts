import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** An attribute value with its Binary parts in base64, as the AWS CLI prints it. */
export function dynamoDbJson(value: AttributeValue): unknown {
  if (value.B !== undefined) return { B: Buffer.from(value.B).toString('base64') }
  if (value.BS !== undefined) return { BS: value.BS.map(one => Buffer.from(one).toString('base64')) }
  if (value.L !== undefined) return { L: value.L.map(dynamoDbJson) }
  if (value.M !== undefined)
    return { M: Object.fromEntries(Object.entries(value.M).map(([name, one]) => [name, dynamoDbJson(one)])) }
  return value
}
