import type { AttributePath, StoredDescription } from '@dynaseal/core'
import { formatPath } from '@dynaseal/document-client/mapper'
import { counted } from '../output/numbers.js'
import { facts, wrapped } from '../output/table.js'
import { dynamoDbJson } from './dynamoDbJson.js'
import type { InspectedField, Inspection } from './inspectItem.js'
import type { WrappingKey } from './wrappingKey.js'

export function renderInspection({ table, entity, fields }: Inspection, width: number): string {
  if (fields.length === 0) return 'Nothing is sealed there.\n'
  const head =
    table === undefined ? '' : `Table ${table}${entity === undefined ? '' : `, entity ${entity}`}\n\n`
  return head + fields.map(field => renderField(field, width)).join('\n')
}

export function renderField(field: InspectedField, width: number): string {
  const { path, description, wrappingKeys, problem, opens, value } = field
  const pairs: [string, string][] = []
  if (description !== undefined) {
    pairs.push(...sizes(description))
    if (description.form === 'short')
      pairs.push(['data key', `of the item's envelope: its commitment begins ${description.commitment}`])
    else pairs.push(...wrappingKeys.flatMap(keyFacts))
    pairs.push(...ids(description))
  }
  if (opens === true) pairs.push(['place', 'proven: it opens for this table, item and path'])
  if (value !== undefined) pairs.push(['value', JSON.stringify(dynamoDbJson(value))])
  const wrong =
    problem === undefined
      ? []
      : wrapped(
          `${opens === false ? 'Does not open' : 'Problem'} (${problem.code}): ${problem.reason}`,
          width,
          '  ',
        )
  return `${title(path, field)}\n${facts(pairs, width, '  ')}${wrong.map(line => `${line}\n`).join('')}`
}

function title(path: AttributePath | undefined, { state, description }: InspectedField): string {
  const what =
    description === undefined
      ? { clear: 'in clear', unreadable: 'unreadable' }[state as string]
      : FORMS[description.form]
  return path === undefined ? `${what![0]!.toUpperCase()}${what!.slice(1)}` : `${formatPath(path)}: ${what}`
}

const FORMS: Readonly<Record<StoredDescription['form'], string>> = {
  message: 'format 1, an AWS Encryption SDK message',
  short: 'format 2, short field',
  full: 'format 2, full field',
  envelope: 'format 2, envelope',
}

function sizes({ bytes, valueBytes }: StoredDescription): [string, string][] {
  if (valueBytes === undefined) return [['size', counted(bytes, 'byte')]]
  return [['size', `${counted(bytes, 'byte')}, of which the value takes ${valueBytes}`]]
}

function keyFacts({ provider, name, region, version }: WrappingKey): [string, string][] {
  if (region !== undefined) {
    return [
      ['KMS key', name],
      ['made in', `${region}, where its data key was made`],
    ]
  }
  if (provider === 'aws-kms-hierarchy') {
    return [
      ['branch key', name],
      ['version', version ?? 'unreadable'],
    ]
  }
  return [['key', `${name} (${provider})`]]
}

function ids({
  context,
  contextTag,
  commitment,
  messageId,
  suite,
  form,
}: StoredDescription): [string, string][] {
  const pairs: [string, string][] = []
  if (suite !== undefined) pairs.push(['suite', `0x${suite.toString(16).padStart(4, '0')}`])
  if (context !== undefined) pairs.push(['context', JSON.stringify(context)])
  if (contextTag !== undefined) pairs.push(['context', `SHA-256 begins ${contextTag}`])
  if (messageId !== undefined) pairs.push(['message id', messageId])
  if (form !== 'short') pairs.push(['commitment', commitment])
  return pairs
}
