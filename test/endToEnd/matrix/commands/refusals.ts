import {
  ConditionCheck,
  DeleteItemCommand,
  DeleteTransaction,
  executeTransactWrite,
  GetItemCommand,
  Parser,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  ScanCommand,
  UpdateAttributesCommand,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import type { Mint } from '../../../support/scanner/sentinels.js'
import type { Entities } from '../entities.js'
import { type Command, on } from '../loose.js'
import { inClear, type Placement, pathsOf } from '../placement.js'
import { type Context, type Row, rowOfEach, type Step, type Where } from '../row.js'

const once = { by: 'writer', inOneMode: true } as const

/** What would compare ciphertext, with a value that fits: past the schema's transformer, or through it. */
const comparisons: Readonly<Record<string, (attr: string, value: unknown) => object>> = {
  eq: (attr, eq) => ({ attr, eq, transform: false }),
  'eq, transformed': (attr, eq) => ({ attr, eq }),
  ne: (attr, ne) => ({ attr, ne, transform: false }),
  lt: (attr, lt) => ({ attr, lt, transform: false }),
  gte: (attr, gte) => ({ attr, gte }),
  between: (attr, value) => ({ attr, between: [value, value], transform: false }),
  in: (attr, value) => ({ attr, in: [value, value], transform: false }),
  contains: (attr, contains) => ({ attr, contains, transform: false }),
  beginsWith: (attr, beginsWith) => ({ attr, beginsWith, transform: false }),
  size: attr => ({ size: attr, gt: 1 }),
  type: attr => ({ attr, type: 'S' }),
  'a comparison with it': attr => ({ attr: 'plain', eq: { attr } }),
  'not eq': (attr, eq) => ({ not: { attr, eq, transform: false } }),
  'eq in a disjunction': (attr, eq) => ({
    or: [
      { attr: 'plain', exists: true },
      { attr, eq, transform: false },
    ],
  }),
}

const transact = (command: Command) => executeTransactWrite(command as never)

/** Everything that takes a condition or a filter. */
const conditional: Readonly<
  Record<string, (entities: Entities, at: Where, condition: object, context: Context) => Promise<unknown>>
> = {
  PutItem: ({ Everything }, { key }, condition, { after }) =>
    on(Everything, PutItemCommand)
      .item({ ...key('1'), text: after.text })
      .options({ condition })
      .send(),
  UpdateItem: ({ Everything }, { key }, condition, { after }) =>
    on(Everything, UpdateItemCommand)
      .item({ ...key('1'), text: after.text })
      .options({ condition })
      .send(),
  UpdateAttributes: ({ Everything }, { key }, condition) =>
    on(Everything, UpdateAttributesCommand)
      .item({ ...key('1'), plain: 'p' })
      .options({ condition })
      .send(),
  DeleteItem: ({ Everything }, { key }, condition) =>
    on(Everything, DeleteItemCommand).key(key('1')).options({ condition }).send(),
  Query: ({ table, Everything }, { pk }, filter) =>
    on(table, QueryCommand)
      .entities(Everything)
      .query({ partition: pk })
      .options({ filters: { Everything: filter } })
      .send(),
  'Query of several entities': ({ table, Everything, Note }, { pk }, filter) =>
    on(table, QueryCommand)
      .entities(Everything, Note)
      .query({ partition: pk })
      .options({ filters: { Everything: filter, Note: { attr: 'plain', exists: true } } })
      .send(),
  Scan: ({ table, Everything }, _, filter) =>
    on(table, ScanCommand)
      .entities(Everything)
      .options({ filters: { Everything: filter } })
      .send(),
  'TransactWrite put': ({ Everything }, { key }, condition, { after }) =>
    transact(
      on(Everything, PutTransaction)
        .item({ ...key('1'), text: after.text })
        .options({ condition }),
    ),
  'TransactWrite update': ({ Everything }, { key }, condition) =>
    transact(
      on(Everything, UpdateTransaction)
        .item({ ...key('1'), plain: 'p' })
        .options({ condition }),
    ),
  'TransactWrite delete': ({ Everything }, { key }, condition) =>
    transact(on(Everything, DeleteTransaction).key(key('1')).options({ condition })),
  'TransactWrite check': ({ Everything }, { key }, condition) =>
    transact(on(Everything, ConditionCheck).key(key('1')).condition(condition)),
}

/** What stands at a path like `a.b[0]['c.d']`. */
function valueAt(attributes: object, path: string): unknown {
  const steps = path.match(/[^.[\]']+(?:\.[^.[\]']+(?='))?/g) ?? []
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown>)?.[step], attributes)
}

/** Every comparison on every path, each by another command, and one comparison by every command. */
function conditionSteps(placement: Placement, context: Context): Step[] {
  const commands = Object.keys(conditional)
  return pathsOf(placement).flatMap((path, i) => {
    const given = valueAt(context.after, path)
    const value = given === undefined ? values(context.mint).find(one => fits(placement, one)) : given
    const step = (command: string, comparison: string): Step => {
      const condition = comparisons[comparison]!(path, value)
      return {
        name: `${command} where ${path} ${comparison}`,
        run: (entities, at) => conditional[command]!(entities, at, condition, context),
      }
    }
    // dynamodb-toolbox takes no bigint there.
    const possible = Object.keys(comparisons).filter(name => name !== 'in' || typeof value !== 'bigint')
    return [
      ...possible.map((comparison, j) => step(commands[(i + j) % commands.length]!, comparison)),
      ...(i === 0 ? commands.map(command => step(command, 'eq')) : []),
    ]
  })
}

/** Values of all types, to be sorted into those that a schema takes and those that it refuses. */
function values(mint: Mint): unknown[] {
  return [
    mint.text(),
    `not ${mint.text()}`,
    mint.integer(),
    mint.bytes(),
    { wrong: mint.text() },
    [mint.text(), { wrong: mint.integer() }],
    new Set([mint.text(), mint.integer()]),
    Object.assign(() => {}, { secret: mint.text() }),
  ]
}

function fits({ schema }: Placement, value: unknown): boolean {
  try {
    new Parser(schema(inClear)).parse(value)
    return true
  } catch {
    return false
  }
}

export const refusals: readonly Row[] = [
  rowOfEach('a condition', { ...once, refused: 'condition-refused' }, conditionSteps),
  rowOfEach(
    'a condition inside what is sealed',
    { ...once, refused: 'condition-refused' },
    ({ insides = [] }, context) =>
      insides.map(path => ({
        name: path,
        run: (entities, at) =>
          conditional.DeleteItem!(entities, at, { attr: path, exists: true, transform: false }, context),
      })),
  ),
  rowOfEach(
    'a projection inside what is sealed',
    { ...once, refused: 'projection-refused' },
    ({ insides = [] }) =>
      insides.map(path => ({
        name: path,
        run: ({ Everything }, { key }) =>
          on(Everything, GetItemCommand)
            .key(key('1'))
            .options({ attributes: [path] })
            .send(),
      })),
  ),
  rowOfEach('an update', { ...once, refused: 'update-refused' }, ({ name, refused = {} }, { mint }) =>
    Object.entries(refused).flatMap(([what, make]) => {
      const input = { [name]: make(mint) }
      return [
        {
          name: what,
          run: ({ Everything }, { key }) =>
            on(Everything, UpdateItemCommand)
              .item({ ...key('1'), ...input })
              .send(),
        },
        {
          name: `${what}, in a transaction`,
          run: ({ Everything }, { key }) =>
            transact(on(Everything, UpdateTransaction).item({ ...key('1'), ...input })),
        },
      ]
    }),
  ),
  rowOfEach('a value', { ...once, refused: 'invalid-value' }, (placement, { mint }) =>
    // What is wrong with the parent of an encrypted attribute is dynamodb-toolbox's to tell.
    placement.paths !== undefined
      ? []
      : values(mint)
          .filter(value => !fits(placement, value))
          .map((value, i) => ({
            name: `wrong value ${i}`,
            run: ({ Everything }: Entities, { key }: Where) =>
              on(Everything, PutItemCommand)
                .item({ ...key('1'), [placement.name]: value })
                .send(),
          })),
  ),
]
