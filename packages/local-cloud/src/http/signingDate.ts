import type { IncomingHttpHeaders } from 'node:http'
import { AwsError, type ServiceName } from '../aws.js'

/**
 * By how many minutes the date of a signature may be off, as the services' own messages say: "Signature expired:
 * 20181105T215603Z is now earlier than 20181105T221104Z (20181105T221604Z - 5 min.)" of KMS (aws/aws-sdk-js issue
 * 2340), "Signature not yet current: 20190305T002809Z is still later than 20190304T214315Z (20190304T212815Z + 15
 * min.)" of DynamoDB (aws/aws-sdk-js issue 2565).
 */
const TOLERANCE_IN_MINUTES: Readonly<Record<ServiceName, number>> = { kms: 5, dynamodb: 15 }

/** Throws IncompleteSignatureException for a request that does not say when it was signed, as AWS does. */
export function requireDate(headers: IncomingHttpHeaders): void {
  if (signingDate(headers) !== undefined) return
  throw new AwsError(
    'IncompleteSignatureException',
    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " +
      `Authorization=${headers.authorization}`,
  )
}

/** `date` is what signers fall back to that may not set the other one: Signature Version 4 allows either. */
function signingDate(headers: IncomingHttpHeaders): string | undefined {
  const date = headers['x-amz-date']
  return (typeof date === 'string' && date) || headers.date || undefined
}

/**
 * Throws InvalidSignatureException when a request was signed too long before or after `now`, milliseconds since the
 * epoch. An SDK that meets it learns the difference from the answer's `date`, and signs its next attempt by that.
 */
export function requireCurrent(headers: IncomingHttpHeaders, service: ServiceName, now: number): void {
  const signed = parse(signingDate(headers) ?? '')
  if (signed === undefined) return
  const date = basic(signed)
  const minutes = TOLERANCE_IN_MINUTES[service]
  const earliest = now - minutes * 60_000
  const latest = now + minutes * 60_000
  if (signed < earliest)
    throw new AwsError(
      'InvalidSignatureException',
      `Signature expired: ${date} is now earlier than ${basic(earliest)} (${basic(now)} - ${minutes} min.)`,
    )
  if (signed > latest)
    throw new AwsError(
      'InvalidSignatureException',
      `Signature not yet current: ${date} is still later than ${basic(latest)} (${basic(now)} + ${minutes} min.)`,
    )
}

/** ISO 8601's basic format, to the second: 20190305T002809Z. */
function basic(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')
}

function parse(date: string): number | undefined {
  const extended = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  // What is not in the basic format may be a date as HTTP writes them.
  const time = Date.parse(extended)
  return Number.isNaN(time) ? undefined : time
}
