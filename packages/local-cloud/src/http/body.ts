import type { IncomingMessage } from 'node:http'
import { AwsError } from '../aws.js'

/** DynamoDB's largest request, a BatchWriteItem, is 16 MB; KMS's are far smaller. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Reads a request body to its end; answers 413 as soon as it is too long. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  // An iterator over the request would cost as much as the rest of the front does.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      chunks.push(chunk)
      if (length <= MAX_BODY_BYTES) return
      request.pause()
      reject(new AwsError('RequestEntityTooLarge', `A request has at most ${MAX_BODY_BYTES} bytes`, 413))
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)))
    request.on('error', reject)
    request.on('close', () => {
      if (!request.complete) reject(new Error('The client went away'))
    })
  })
}
