import type { AttributeValue as SdkValue } from '@aws-sdk/client-dynamodb'
import type { AttributeValue } from '@dynaseal/core'
import { expectTypeOf, test } from 'vitest'

// core declares the type by itself, to depend on no client. Values must pass in both directions without a cast.
test("core's AttributeValue is the AWS SDK's", () => {
  expectTypeOf<AttributeValue>().toExtend<SdkValue>()
  expectTypeOf<SdkValue>().toExtend<AttributeValue>()
  expectTypeOf<Record<string, AttributeValue>>().toExtend<Record<string, SdkValue>>()
  expectTypeOf<Record<string, SdkValue>>().toExtend<Record<string, AttributeValue>>()
})

test('each of its members is one of the AWS SDK, and the other way round', () => {
  expectTypeOf<Members<AttributeValue>>().toEqualTypeOf<Members<SdkValue>>()
  expectTypeOf<{ X: string }>().not.toExtend<AttributeValue>()
})

/** Names of all members that a union's types have. */
type Members<T> = T extends unknown
  ? { [K in keyof T]-?: T[K] extends undefined ? never : K }[keyof T]
  : never
