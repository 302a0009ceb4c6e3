import type { AttributePath, StoredDescription } from '@dynaseal/core'
import { formatPath } from '@dynaseal/document-client/mapper'
import { counted } from '../output/numbers.js'
import { printable } from '../output/printable.js'
import { facts, wrapped } from '../output/table.js'
import { dynamoDbJson } from './dynamoDbJson.js'
import type { InspectedField, Inspection } from './inspectItem.js'
import { attributeFacts, headerFacts } from './renderWhole.js'
import type { WrappingKey } from './wrappingKey.js'

export function renderInspection({ table, entity, fields }: Inspection, width: number): string {
  if (fields.length === 0) return 'Nothing is sealed there.\n'
  const head =
    table === undefined ? '' : `Table ${table}${entity === undefined ? '' : `, entity ${entity}`}\n\n`
  return head + fields.map(field => renderField(field, width)).join('\n')
}

export function renderField(field: InspectedField, width: number): string {
  const { path, description, header, attribute, wrappingKeys, problem, opens, value } = field
  const pairs: [string, string][] = []
  if (header !== undefined) pairs.push(...headerFacts(header, wrappingKeys.flatMap(keyFacts)))
  if (attribute !== undefined) pairs.push(...attributeFacts(attribute, path === undefined))
  if (description !== undefined) {
    pairs.push(...sizes(description))
    if (description.form === 'short')
      pairs.push(['data key', `of the item's envelope: its commitment begins ${description.commitment}`])
    else pairs.push(...wrappingKeys.flatMap(keyFacts))
    pairs.push(...ids(description))
  }
  if (opens === true && attribute === undefined)
    pairs.push([
      'place',
      `proven: it opens for this table${header === undefined ? ', item and path' : ' and key'}`,
    ])
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

function title(path: AttributePath | undefined, field: InspectedField): string {
  const what = whatIs(field)
  return path === undefined
    ? `${what[0]!.toUpperCase()}${what.slice(1)}`
    : `${printable(formatPath(path))}: ${what}`
}

function whatIs({ state, description, header, attribute, path }: InspectedField): string {
  if (description !== undefined) return FORMS[description.form]
  if (header !== undefined) return `header of an item of the ${SDK}`
  if (attribute === undefined) return state === 'clear' ? 'in clear' : 'unreadable'
  return path === undefined ? `perhaps an encrypted attribute of the ${SDK}` : 'encrypted attribute'
}

const SDK = 'AWS Database Encryption SDK'

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
