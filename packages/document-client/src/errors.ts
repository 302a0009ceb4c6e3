import { inspect } from 'node:util'
import { DynasealError, type FieldError } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'

/**
 * Stable reasons of a {@link DocumentClientError}:
 *
 * - `invalid-schema`: what is said to be encrypted cannot be (a key, an index key, a time to live …)
 * - `invalid-value`: a value of an encrypted attribute does not fit it, or has no DynamoDB type
 * - `invalid-client`: the document client cannot be sealed as it is configured
 * - `client-not-sealed`: a value passes by the sealed client, unsealed or unopened
 * - `not-registered`: nothing is known of a table, or nothing says that an encrypted value belongs where it goes
 * - `plaintext-refused`: a value in clear was about to be written where ciphertext belongs
 * - `role-refused`: the client was restricted to sealing, or to opening
 * - `condition-refused`, `update-refused`, `projection-refused`: the expression would compute with ciphertext
 * - `expression-syntax`: an expression on a known table could not be understood
 * - `command-unsupported`: a command that can read or write items and that is not covered
 * - `write-conflict`: others wrote an item each time that it was read, changed, and about to be put back
 * - `invalid-record`: no record of a stream and no line of an export, or its parts do not belong together
 */
export type DocumentClientErrorCode =
  | 'invalid-schema'
  | 'invalid-value'
  | 'invalid-client'
  | 'client-not-sealed'
  | 'not-registered'
  | 'plaintext-refused'
  | 'role-refused'
  | 'condition-refused'
  | 'update-refused'
  | 'projection-refused'
  | 'expression-syntax'
  | 'command-unsupported'
  | 'write-conflict'
  | 'invalid-record'

/**
 * Something was refused before anything was sent, or before a value was handed out. Packages above this one have
 * subclasses of it, by the name that their users know.
 */
export class DocumentClientError extends DynasealError {
  override readonly name: string = 'DocumentClientError'

  constructor(
    readonly code: DocumentClientErrorCode,
    message: string,
  ) {
    super(message)
  }
}

/**
 * Stored fields of a response did not open. Carries every failing field, not only the first; `cause` is why the
 * first one failed that has a cause: the keyring's error, which has that of KMS.
 *
 * @example
 * try { await client.send(new GetCommand({ TableName: 'users', Key: { id } })) }
 * catch (error) {
 *   if (error instanceof FieldsNotOpenedError) for (const { path, code } of error.failures) alert(path, code)
 * }
 */
export class FieldsNotOpenedError extends DynasealError {
  override readonly name = 'FieldsNotOpenedError'
  readonly code = 'fields-not-opened'

  /** @param cause DynamoDB's error, when the fields stood in an item that it carried */
  constructor(
    readonly failures: readonly FieldError[],
    cause: unknown = failures.find(failure => failure.cause !== undefined)?.cause,
  ) {
    const others = failures.length - 1
    const more = others === 0 ? '' : ` (and ${others} more field${others > 1 ? 's' : ''}: see failures)`
    super(`${failures[0]?.message}${more}`, cause)
  }

  /** As JSON, which knows no causes and no messages of errors. */
  toJSON(): object {
    const { name, code, message, failures, cause } = this
    return { name, code, message, failures, ...(cause === undefined ? {} : { cause: described(cause) }) }
  }

  /** The stack and the cause once, and not for each failure again. */
  [inspect.custom](
    _depth: number,
    options: object,
    print: (value: unknown, options: object) => string,
  ): string {
    const { code, cause, stack } = this
    const failures = this.failures.map(({ code, table, path }) => ({
      code,
      table,
      path: path && formatPath(path),
    }))
    return `${stack} ${print({ code, failures, ...(cause === undefined ? {} : { cause }) }, options)}`
  }
}

/** The names, codes and messages of an error and what caused it. */
function described(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error) || depth > 8) return undefined
  const { name, message, code, cause } = error as Error & { code?: unknown }
  return { name, code, message, cause: described(cause, depth + 1) }
}
