import type { Command } from 'commander'
import { CliError, ExitCode } from '../errors.js'
import { dynamoDbJson } from '../inspect/dynamoDbJson.js'
import { fetchItem } from '../inspect/fetchItem.js'
import { type InspectedField, type Inspection, inspectBytes, inspectItem } from '../inspect/inspectItem.js'
import { type Input, parseInput, parseKey, parsePath } from '../inspect/parseInput.js'
import { renderField, renderInspection } from '../inspect/render.js'
import type { WireItem } from '../stored/wireItem.js'
import { command, json, projectOf, type SharedOptions, type Surroundings } from './shared.js'

interface Options extends SharedOptions {
  readonly table?: string
  readonly key?: string
  readonly path?: string
  readonly check?: boolean
  readonly open?: boolean
}

const EXAMPLES = `
A field is base64, hexadecimal digits, or DynamoDB JSON; an item is DynamoDB
JSON, as "aws dynamodb get-item" prints it. Both can be piped in. The header of
an item of the AWS Database Encryption SDK, aws_dbe_head, is taken as a field.

Without --check and --open nothing is sent but the read of the item, if it is to
be fetched: format, keys, context and sizes stand in the stored bytes.

  dynaseal inspect 2l4gx9...
  dynaseal inspect users 42
  dynaseal inspect orders '{"id": "42", "line": 7}' --check
  aws dynamodb get-item ... | dynaseal inspect --table users
  dynaseal inspect 2l4ix9... --table users --key 42 --path ssn --check

Ends with 0; with 3 if something is in clear, damaged or does not open; with 1
if it failed; with 2 if it was asked for wrongly.
`

/** A table's name is base64, too. */
const TABLE_HINT = '  If it is the name of a table, give the key of an item, too.\n'

export function inspectCommand(surroundings: Surroundings): Command {
  return command('inspect', 'what a stored field or item is, and under which key')
    .description('Says what a stored field or item is: format, keys, region, context, ids and sizes.')
    .argument('[field or table]', 'a field, an item, "-" for standard input, or a table')
    .argument('[key]', 'of the item to fetch from the table: its text, or JSON')
    .option('-t, --table <name>', 'the table that the field or item is from')
    .option('-k, --key <key>', 'the key of the item that a field is from')
    .option('-p, --path <path>', "where in the item a field stands: address.lines[0], ['first.name']")
    .option('--check', 'open it, which proves its place, and say only whether it opens')
    .option('--open', 'open it, and print the value in clear')
    .addHelpText('after', EXAMPLES)
    .action(async (first: string | undefined, key: string | undefined, options: Options) => {
      const { fields, text, document } = await inspect(first, key, options, surroundings)
      surroundings.terminal.out(options.json ? json(document) : text)
      if (fields.some(({ problem }) => problem !== undefined)) surroundings.exit(ExitCode.LEFT)
    })
}

interface Result {
  readonly fields: readonly InspectedField[]
  readonly text: string
  readonly document: unknown
}

async function inspect(
  first: string | undefined,
  key: string | undefined,
  options: Options,
  surroundings: Surroundings,
): Promise<Result> {
  const { width } = surroundings.terminal
  const open = options.open ? 'value' : options.check ? 'check' : undefined
  if (key !== undefined) {
    if (options.table !== undefined || options.key !== undefined)
      throw new CliError('usage', 'The table and its key are given twice.')
    const project = await projectOf(options, surroundings)
    const target = project.target(first!, options.region)
    const item = await fetchItem(target, parseKey(key, target.known.keyNames))
    return ofItem(await inspectItem(item, { target, open }), width)
  }
  const input = parseInput(await readText(first, surroundings))
  if (options.table === undefined) {
    if (open !== undefined || options.key !== undefined || options.path !== undefined)
      throw new CliError(
        'usage',
        'Without --table nothing says where it is from: --check, --open, --key and --path need it.',
      )
    if ('item' in input) return ofItem(await inspectItem(input.item), width)
    const field = inspectBytes(input.bytes)
    const text = renderField(field, width)
    const hint =
      field.problem?.code === 'not-a-message' && first !== undefined && first !== '-' ? TABLE_HINT : ''
    return { fields: [field], text: text + hint, document: { fields: [jsonOf(field)] } }
  }
  const project = await projectOf(options, surroundings)
  const target = project.target(options.table, options.region)
  const item = placed(input, options, target.known.keyNames)
  return ofItem(await inspectItem(item, { target, open }), width)
}

async function readText(first: string | undefined, { terminal }: Surroundings): Promise<string> {
  if (first !== undefined && first !== '-') return first
  if (first === '-' || terminal.isPipedInto) return terminal.readInput()
  throw new CliError(
    'usage',
    'What is to be inspected? A field, an item, "-" for standard input, or a table and a key.',
  )
}

/** The item that was given, or one with nothing but the field that was given. */
function placed(input: Input, { key, path }: Options, keyNames: readonly string[]): WireItem {
  if ('item' in input) return input.item
  if (key === undefined || path === undefined)
    throw new CliError('usage', 'To check where a field stands takes --table, --key and --path.')
  const [name, ...rest] = parsePath(path)
  const value = rest.reduceRight<WireItem[string]>(
    (inner, step) =>
      typeof step === 'number'
        ? { L: [...Array(step).fill({ NULL: true }), inner] }
        : { M: { [step]: inner } },
    { B: input.bytes },
  )
  return { ...parseKey(key, keyNames), [name as string]: value }
}

function ofItem(inspection: Inspection, width: number): Result {
  const document = { ...inspection, fields: inspection.fields.map(jsonOf) }
  return { fields: inspection.fields, text: renderInspection(inspection, width), document }
}

/** Encrypted data keys are bytes, and are told by their keys. */
function jsonOf({ description, header, attribute, value, ...field }: InspectedField): unknown {
  const { encryptedDataKeys: _, ...rest } = description ?? {}
  return {
    ...field,
    ...rest,
    ...header,
    ...attribute,
    ...(value === undefined ? {} : { value: dynamoDbJson(value) }),
  }
}
