import { randomUUID } from 'node:crypto'
import { ask, type Engine, EngineError } from '../engine.js'
import { explain } from '../refusals.js'
import type { Statement } from './statement.js'

/** Why an engine does not do a statement. */
export interface Refusal {
  readonly message: string
  /** Whether the statement does not even parse, so that no item that is written meanwhile can make it valid. */
  readonly always: boolean
}

/**
 * Why the engine refuses a write as invalid; undefined when it does not. Nothing is written: the statement stands in a
 * transaction with one that cannot succeed.
 */
export async function refusalOf(statement: Statement, engine: Engine): Promise<Refusal | undefined> {
  // Valid alone, but in no transaction.
  if (/\bRETURNING\b/i.test(statement.Statement)) return undefined
  const impossible = { Statement: `INSERT INTO "nowhere-${randomUUID()}" VALUE {'id': 'none'}` }
  try {
    await ask(engine, 'ExecuteTransaction', { TransactStatements: [statement, impossible] })
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    if (error.errorName === 'ValidationException') return { message: explain(error).message, always: true }
    const [reason] = reasonsOf(error)
    return reason?.Code === 'ValidationError' ? { message: reason.Message ?? '', always: false } : undefined
  }
  throw new Error('An INSERT into a table that is not there was successful')
}

function reasonsOf({ response }: EngineError): { Code?: string; Message?: string }[] {
  const { CancellationReasons = [] } = JSON.parse(response.body.toString()) as {
    CancellationReasons?: { Code?: string; Message?: string }[]
  }
  return CancellationReasons
}
