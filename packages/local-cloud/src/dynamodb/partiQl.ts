import { AwsError, type AwsRequest } from '../aws.js'
import type { GlobalTables } from './globalTable.js'

const OPERATIONS: ReadonlySet<string> = new Set([
  'ExecuteStatement',
  'ExecuteTransaction',
  'BatchExecuteStatement',
])

export function isPartiQl(operation: string): boolean {
  return OPERATIONS.has(operation)
}

interface StatementInput {
  Statement?: string
  Statements?: { Statement?: string }[]
  TransactStatements?: { Statement?: string }[]
}

/** INSERT INTO "table", UPDATE "table", DELETE FROM "table". */
const WRITE = /^\s*(?:insert\s+into|update|delete\s+from)\s+"?([a-z0-9_.-]+)"?/i

/** Which items a statement writes is known only after parsing it; unreplicated, they would be lost silently. */
export function refuseGlobalWrites({ region, body }: AwsRequest, tables: GlobalTables): void {
  for (const statement of statementsOf(body)) {
    const [, tableName] = WRITE.exec(statement) ?? []
    if (tableName !== undefined && tables.find(region, tableName))
      throw new AwsError(
        'UnknownOperationException',
        `The local cloud does not replicate PartiQL writes, and ${tableName} is a global table. ` +
          'Write with PutItem, UpdateItem, DeleteItem, BatchWriteItem or TransactWriteItems.',
      )
  }
}

function statementsOf(body: Buffer): string[] {
  try {
    const {
      Statement,
      Statements = [],
      TransactStatements = [],
    } = JSON.parse(body.toString()) as StatementInput
    const all = [Statement, ...[...Statements, ...TransactStatements].map(one => one.Statement)]
    return all.filter(statement => typeof statement === 'string')
  } catch {
    return []
  }
}
