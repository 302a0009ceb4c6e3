import { AwsError, type AwsRequest } from '../../aws.js'
import type { GlobalTables } from '../globalTable.js'
import { keyOf } from '../items.js'
import { meaningOf, type Statement } from './statement.js'

const OPERATIONS: ReadonlySet<string> = new Set([
  'BatchExecuteStatement',
  'ExecuteStatement',
  'ExecuteTransaction',
])

export function isPartiQl(operation: string): boolean {
  return OPERATIONS.has(operation)
}

/** In their order. None when the request is malformed: then the engine says what is wrong with it. */
export function statementsOf(body: Buffer): Statement[] {
  try {
    const input = JSON.parse(body.toString()) as Partial<Statement> & {
      Statements?: unknown
      TransactStatements?: unknown
    }
    const several = input.Statements ?? input.TransactStatements
    const all: unknown[] = Array.isArray(several) ? several : [input]
    return all.every(isStatement) ? all : []
  } catch {
    return []
  }
}

function isStatement(value: unknown): value is Statement {
  const { Statement, Parameters } = (value ?? {}) as Partial<Statement>
  return typeof Statement === 'string' && (Parameters === undefined || Array.isArray(Parameters))
}

/** Throws AwsError for what may write an item of a global table, if it is not clear which: it would be lost elsewhere. */
export function refuseUnclearWrites({ region, body }: AwsRequest, tables: GlobalTables): void {
  for (const statement of statementsOf(body)) {
    const meaning = meaningOf(statement)
    if (meaning.kind === 'read') continue
    const table =
      meaning.kind === 'write'
        ? tables.find(region, meaning.tableName)
        : tables.in(region).find(({ name }) => statement.Statement.includes(name))
    if (table === undefined) continue
    if (meaning.kind === 'write' && keyOf(meaning.item, table.keyNames) !== undefined) continue
    throw new AwsError(
      'UnknownOperationException',
      `The local cloud cannot tell which item this statement writes, and ${table.name} is a global table: the write ` +
        `would be missing in other regions. It replicates INSERT INTO "table" VALUE {...}, UPDATE "table" ... WHERE ` +
        `and DELETE FROM "table" WHERE, with "key" = value for ${table.keyNames.join(' and ')}, joined by AND, ` +
        'without comments.',
    )
  }
}
