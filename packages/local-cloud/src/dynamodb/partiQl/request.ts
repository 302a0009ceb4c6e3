import { AwsError, type AwsRequest } from '../../aws.js'
import type { Engine } from '../engine.js'
import type { GlobalTable, GlobalTables } from '../globalTable.js'
import { keyOf } from '../items.js'
import { refusalOf } from './rehearsal.js'
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

/**
 * Throws AwsError for what may write an item of a global table, if it is not clear which: it would be lost elsewhere.
 * What the engine refuses as it stands is left to the engine, so that a client learns what is wrong with it.
 */
export async function refuseUnclearWrites(
  { region, body }: AwsRequest,
  tables: GlobalTables,
  engine: Engine,
): Promise<void> {
  for (const statement of statementsOf(body)) {
    const table = unclearlyWritten(statement, tables, region)
    if (table === undefined) continue
    const refusal = await refusalOf(statement, engine)
    if (refusal?.always === true) continue
    if (refusal !== undefined) throw new AwsError('ValidationException', refusal.message)
    throw new AwsError(
      'UnknownOperationException',
      `The local cloud cannot tell which item this statement writes, and ${table.name} is a global table: the write ` +
        `would be missing in other regions. It replicates INSERT INTO "table" VALUE {...}, UPDATE "table" ... WHERE ` +
        `and DELETE FROM "table" WHERE, with "key" = value for ${table.keyNames.join(' and ')}, joined by AND, ` +
        'without comments.',
    )
  }
}

/** The global table that a statement may write to, if we do not know which item. */
function unclearlyWritten(
  statement: Statement,
  tables: GlobalTables,
  region: string,
): GlobalTable | undefined {
  const meaning = meaningOf(statement)
  if (meaning.kind === 'read') return undefined
  if (meaning.kind === 'unknown')
    return tables.in(region).find(({ name }) => statement.Statement.includes(name))
  const table = tables.find(region, meaning.tableName)
  return table === undefined || keyOf(meaning.item, table.keyNames) !== undefined ? undefined : table
}
