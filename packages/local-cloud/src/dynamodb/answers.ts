import { crc32 } from 'node:zlib'
import type { AwsResponse } from '../aws.js'

/** The answer with another body, and the checksum of that one: SDKs verify it. */
export function withBody(response: AwsResponse, body: string): AwsResponse {
  return { ...response, headers: { ...response.headers, 'x-amz-crc32': String(crc32(body)) }, body }
}
