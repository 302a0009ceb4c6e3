/** The account that every key and table of the local cloud belongs to; dynalite's default, too. */
export const ACCOUNT = '000000000000'

export type ServiceName = 'kms' | 'dynamodb'

export const SERVICES: readonly ServiceName[] = ['kms', 'dynamodb']

/** A request of an AWS SDK, after region, service and operation were read from its headers. */
export interface AwsRequest {
  readonly region: string
  readonly service: ServiceName
  /** For example `Decrypt`. */
  readonly operation: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export interface AwsResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/**
 * An answer that AWS gives as an error. `name` is the error name that an SDK shows;
 * some of KMS's errors have no message, and then ours have none either.
 */
export class AwsError extends Error {
  readonly status: number

  constructor(name: string, message?: string, status = defaultStatus(name)) {
    super(message)
    this.name = name
    this.status = status
  }
}

const serverErrors: ReadonlyMap<string, number> = new Map([
  ['KMSInternalException', 500],
  ['DependencyTimeoutException', 500],
  ['KeyUnavailableException', 500],
  ['InternalServerError', 500],
  ['InternalFailure', 500],
  ['ServiceUnavailable', 503],
  ['ServiceUnavailableException', 503],
])

/** The HTTP status AWS answers this error with: 400 unless it is one of the server's own. */
function defaultStatus(errorName: string): number {
  return serverErrors.get(errorName) ?? 400
}
