import { Readable } from 'node:stream'
import {
  type DynamoDBClient,
  ScanCommand,
  type ScanCommandInput,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb'
import type { WireItem } from '../stored/wireItem.js'
import { readItems } from './readItems.js'

/**
 * Sends a scan, and reads the items of its answer itself: what the AWS SDK makes of them is the same, and takes most of the
 * time of a scan. Endpoints, signing, retries, errors and all else of an answer stay the SDK's, which gets the answer
 * without its items; and as it came, where it is not plainly one of DynamoDB's.
 */
export async function sendScan(
  dynamodb: Pick<DynamoDBClient, 'send'>,
  input: ScanCommandInput,
  abortSignal: AbortSignal,
): Promise<ScanCommandOutput> {
  const command = new ScanCommand(input)
  let items: WireItem[] | undefined
  command.middlewareStack.add(
    next => async args => {
      const result = await next(args)
      items = await takeItems(result.response as Answer)
      return result
    },
    // Of low priority: inside the SDK's own deserializer, which is of the same step.
    { name: 'dynasealItems', step: 'deserialize', priority: 'low' },
  )
  const output = await dynamodb.send(command, { abortSignal })
  return items === undefined ? output : { ...output, Items: items }
}

/** As an HTTP client of the SDK hands it on. */
interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  body: unknown
}

const JSON_TYPE = /^application\/(x-amz-)?json\b/

/** @returns what is not in its body any more; undefined where the SDK reads all of it */
async function takeItems(answer: Answer): Promise<WireItem[] | undefined> {
  const { statusCode, headers, body } = answer
  if (statusCode !== 200 || headers['content-encoding'] !== undefined) return undefined
  if (!JSON_TYPE.test(headers['content-type'] ?? '') || !(body instanceof Readable)) return undefined
  try {
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(chunk)
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    const read = readItems(bytes)
    answer.body = read === undefined ? bytes : Buffer.from(JSON.stringify(read.others))
    return read?.items
  } catch (error) {
    // The connection broke: the SDK meets it where it reads.
    answer.body = new Readable({
      read() {
        this.destroy(error as Error)
      },
    })
    return undefined
  }
}
