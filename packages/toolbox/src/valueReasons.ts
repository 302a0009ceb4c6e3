// What an error may say of a value that is not valid: nothing that is part of the value.
import type { AttributePath } from '@dynaseal/core'
import { type AttributePattern, anyIndex, anyKey, formatPath } from '@dynaseal/document-client/mapper'
import type { Schema } from 'dynamodb-toolbox'
import type { ToolboxCopy } from './toolboxCopies.js'

/** What was wrong with a value, by dynamodb-toolbox's error code; its own messages may quote record keys. */
const REASONS: Readonly<Record<string, string>> = {
  'parsing.attributeRequired': 'a required part is missing',
  'parsing.invalidAttributeInput': 'it is not of the type that the schema says',
  'parsing.customValidationFailed': 'a custom validation inside it failed',
  'formatter.missingAttribute': 'a required part is missing in what was stored',
  'formatter.invalidAttribute': 'what was stored is not of the type that the schema says',
}

/** Why a value was refused, from what a parser or a formatter of the schema threw. */
export function reasonOf(error: unknown, schema: Schema, copy: ToolboxCopy): string {
  if (!(error instanceof copy.errors.DynamoDBToolboxError))
    return `${thrown(error)} was thrown by one of its transformers, validators or defaults, or by what they call`
  const place = placeIn(schema, error.path?.split(/[.[\]']+/).filter(text => text !== '') ?? [])
  return `${REASONS[error.code] ?? error.code}${place && ` (${place})`}`
}

/** `at` the part of a path in the value that the schema says, if it says any; keys of records are part of the value. */
export function placeIn(valueSchema: Schema, path: AttributePath): string {
  const known: AttributePattern[number][] = []
  let schema: Schema | undefined = valueSchema
  for (const step of path) {
    if (schema?.type === 'map') {
      const name = nameIn(schema.attributes, step)
      schema = name === undefined ? undefined : schema.attributes[name]
      if (name !== undefined) known.push(name)
    } else if (schema?.type === 'record') {
      schema = schema.elements
      known.push(anyKey)
    } else if (schema?.type === 'list' || schema?.type === 'set') {
      schema = schema.elements
      known.push(anyIndex)
    } else {
      schema = undefined
    }
    if (schema === undefined) break
  }
  return known.length === 0 ? '' : `at ${formatPath(known)}`
}

/**
 * What was thrown and where: a file and a position, and nothing of the message, which may quote the value. What follows
 * the message in the stack is of the engine; but somebody may have shortened the message since.
 */
function thrown(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error'
  const { name, message, stack } = error
  const head = `${name}: ${message}\n`
  if (!stack?.startsWith(head)) return name
  const [frame = ''] = stack.slice(head.length).split('\n')
  const [, place] = /^ +at (?:.* \()?((?:file:\/\/|node:|\/|[A-Z]:\\)[^()]*:\d+:\d+)\)?$/.exec(frame) ?? []
  return place === undefined ? name : `${name} (at ${place})`
}

/** The name of an attribute, given as it is or as it is stored. */
function nameIn(attributes: Record<string, Schema>, step: string | number): string | undefined {
  if (Object.hasOwn(attributes, step)) return String(step)
  return Object.keys(attributes).find(name => attributes[name]?.props.savedAs === step)
}
