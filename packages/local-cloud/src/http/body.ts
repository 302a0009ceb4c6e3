import type { IncomingMessage } from 'node:http'
import { AwsError } from '../aws.js'

/** DynamoDB's largest request, a BatchWriteItem, is 16 MB; KMS's are far smaller. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Reads a request body to its end; answers 413 as soon as it is too long. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY_BYTES)
      throw new AwsError('RequestEntityTooLarge', `A request has at most ${MAX_BODY_BYTES} bytes`, 413)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)
}
