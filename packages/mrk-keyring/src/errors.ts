import type { Attempt, Operation } from './attempt.js'

/**
 * Why a call failed; stable across releases:
 *
 * - `NO_MATCHING_DATA_KEY`: the message has no data key that this key encrypted
 * - `MESSAGE_REFUSED`: KMS refuses the ciphertext or its encryption context, whichever region is asked
 * - `REFUSED_EVERYWHERE`: every region refuses for good: denied, disabled, deleted
 * - `CREDENTIALS`: this process's credentials are missing, expired or refused, or its clock is wrong: no region came to
 *   look at the key
 * - `UNAVAILABLE`: no region answered, and at least one of them may on the next call
 * - `TIMEOUT`: the deadline of the whole call passed
 * - `ABORTED`: the caller's signal fired
 */
export type MrkKeyringErrorCode =
  | 'NO_MATCHING_DATA_KEY'
  | 'MESSAGE_REFUSED'
  | 'REFUSED_EVERYWHERE'
  | 'CREDENTIALS'
  | 'UNAVAILABLE'
  | 'TIMEOUT'
  | 'ABORTED'

/**
 * No region could do it. Holds what was tried, where and for how long, and never a plaintext, a data key
 * or a ciphertext.
 *
 * ```ts
 * try {
 *   await decrypt(keyring, message)
 * } catch (error) {
 *   if (error instanceof MrkKeyringError && !error.permanent) return retryLater(message)
 *   throw error
 * }
 * ```
 */
export class MrkKeyringError extends Error {
  override readonly name = 'MrkKeyringError'
  readonly code: MrkKeyringErrorCode
  /** The operation that failed: of KMS, or of the DynamoDB of a key store. */
  readonly operation: Operation
  /**
   * Whether asking again soon cannot help: the message is refused, or every region refuses until somebody
   * changes a policy or a key.
   */
  readonly permanent: boolean
  /** Every region asked, in order, once per attempt. Not enumerable: the message has each in a line. */
  declare readonly attempts: readonly Attempt[]

  constructor(
    code: MrkKeyringErrorCode,
    operation: Operation,
    details: {
      key: string
      permanent: boolean
      attempts: readonly Attempt[]
      elapsedMs: number
      /** What was sent with each request. */
      encryptionContext?: Readonly<Record<string, string>> | undefined
      cause?: unknown
    },
  ) {
    const { attempts } = details
    super(describe(code, operation, details), { cause: details.cause ?? lastErrors(attempts).at(-1) })
    this.code = code
    this.operation = operation
    this.permanent = details.permanent
    // Else whoever prints this prints the SDK's error, which is the cause, with its stack for every attempt.
    Object.defineProperty(this, 'attempts', { value: attempts })
  }

  /**
   * The last error of each region that was asked, in the order in which they were first asked. No property called
   * `errors`, which Node.js prints of every error.
   */
  lastErrors(): unknown[] {
    return lastErrors(this.attempts)
  }
}

function lastErrors(attempts: readonly Attempt[]): unknown[] {
  const byRegion = new Map<string, unknown>()
  for (const { region, error } of attempts) if (error !== undefined) byRegion.set(region, error)
  return [...byRegion.values()]
}

const SUMMARIES: Record<MrkKeyringErrorCode, string> = {
  NO_MATCHING_DATA_KEY: 'the message has no data key that was encrypted under it',
  MESSAGE_REFUSED: 'KMS refuses this ciphertext',
  REFUSED_EVERYWHERE: 'every region refuses',
  CREDENTIALS: 'this process has no credentials that were accepted',
  UNAVAILABLE: 'no region answered',
  TIMEOUT: 'the deadline passed',
  ABORTED: 'aborted by the caller',
}

const WAYS_OUT: Record<MrkKeyringErrorCode, string> = {
  NO_MATCHING_DATA_KEY: 'Decrypt with a keyring for the key that encrypted it.',
  MESSAGE_REFUSED:
    'Its bytes were changed, or the encryption context differs from the one it was encrypted with.',
  REFUSED_EVERYWHERE:
    'In each region, allow the operation in the key policy and for the caller, and see that the replica exists and is enabled.',
  CREDENTIALS:
    "No region came to look at the key, so that neither its policy nor the caller's is at fault. See that the AWS SDK finds credentials, that they are neither expired nor deleted, that this machine's clock is right, and that each region that was asked is spelled right and enabled in the account.",
  UNAVAILABLE:
    'Asking again later may succeed. If it never does, see that the regions are spelled right, and that this process reaches their endpoints.',
  TIMEOUT: 'Asking again later may succeed; the timeout option sets the deadline of a call.',
  ABORTED: '',
}

function summary(code: MrkKeyringErrorCode, operation: Operation): string {
  if (code === 'MESSAGE_REFUSED' && isOfDynamoDB(operation)) return 'DynamoDB refuses this request'
  return SUMMARIES[code]
}

function wayOut(code: MrkKeyringErrorCode, operation: Operation): string {
  if (isOfDynamoDB(operation)) {
    if (code === 'MESSAGE_REFUSED') return 'See that the table has the key that it is asked with.'
    if (code === 'REFUSED_EVERYWHERE')
      return `In each region, allow dynamodb:${operation} on the table, and see that its replica exists.`
  }
  if (operation === 'DescribeKey' && code === 'REFUSED_EVERYWHERE')
    return 'See that one of these regions has the key or alias, and allow kms:DescribeKey there; or name the replicas: new MrkKeyring({ keyArns }).'
  return WAYS_OUT[code]
}

function isOfDynamoDB(operation: Operation): boolean {
  return operation === 'GetItem' || operation === 'Query'
}

function describe(
  code: MrkKeyringErrorCode,
  operation: Operation,
  {
    key,
    attempts,
    elapsedMs,
    encryptionContext,
  }: {
    key: string
    attempts: readonly Attempt[]
    elapsedMs: number
    encryptionContext?: Readonly<Record<string, string>> | undefined
  },
): string {
  const took = attempts.length > 0 ? ` after ${Math.round(elapsedMs)} ms` : ''
  const lines = attempts.map(attempt => `  ${attempt.region}: ${describeAttempt(attempt)}`)
  return [
    `${operation} with ${key} failed${took}: ${summary(code, operation)}.`,
    ...lines,
    wayOut(code, operation),
    ...(encryptionContext !== undefined && attempts.some(isDenial)
      ? [describeContext(encryptionContext)]
      : []),
  ]
    .filter(line => line !== '')
    .join('\n')
}

function isDenial({ error }: Attempt): boolean {
  return error instanceof Error && error.name === 'AccessDeniedException'
}

/** Policies and grants have conditions on it. It is public: CloudTrail has it as well. */
function describeContext(encryptionContext: Readonly<Record<string, string>>): string {
  return `The encryption context was ${JSON.stringify(encryptionContext)}: see that no condition of a policy or a grant wants another.`
}

function describeAttempt({ outcome, durationMs, error }: Attempt): string {
  const duration = `${Math.round(durationMs)} ms`
  switch (outcome) {
    case 'answered':
      return `answered in ${duration}`
    case 'outpaced':
      return `given up after ${duration}, when another region had answered`
    case 'aborted':
      return `given up after ${duration}`
    case 'timeout':
      return `no answer within ${duration}`
    default:
      return `${reasonOf(error)} (${duration})`
  }
}

/** An error in one line: its name or its system code, and its message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const name = error.name === 'Error' && code !== undefined ? code : error.name
  // Node's AggregateError for a host with several addresses has an empty message, and KMS sends none with
  // InvalidCiphertextException, which the SDK turns into "UnknownError".
  const message = error.message === 'UnknownError' ? '' : error.message
  return message === '' || message === name ? name : `${name}: ${message}`
}
