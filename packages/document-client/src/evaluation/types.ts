import type { AttributeValue } from '@dynaseal/core'

/** Attribute values by name: an item, or the values of an expression, whose names begin with a colon. */
export type Attributes = Readonly<Record<string, AttributeValue>>

/** One type of an attribute value, as `is` tells it. */
export type Typed<TYPE extends string> = Extract<AttributeValue, Readonly<Record<TYPE, unknown>>>

export function is<TYPE extends 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'SS' | 'NS' | 'BS' | 'M' | 'L'>(
  type: TYPE,
  value: AttributeValue | undefined,
): value is Typed<TYPE> {
  return value !== undefined && Object.hasOwn(value, type)
}

/** `S`, `N`, … */
export function typeOf(value: AttributeValue): string {
  return Object.keys(value)[0] as string
}
