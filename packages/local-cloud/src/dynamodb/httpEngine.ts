import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { AwsResponse } from '../aws.js'
import type { Engine, EngineRequest } from './engine.js'

/** A DynamoDB server that somebody else runs, reached by its URL. It is asked for whatever the client asks for. */
export class HttpEngine implements Engine {
  readonly name: string
  readonly updatesIndexes = true
  readonly #url: URL
  readonly #authorization: string
  readonly #agent = new Agent({ keepAlive: true })

  /** Throws RangeError for what is not an http URL. */
  constructor(region: string, url: string) {
    if (!URL.canParse(url) || new URL(url).protocol !== 'http:')
      throw new RangeError(`The engine of ${region} is an http:// URL, not ${JSON.stringify(url)}`)
    this.name = url
    this.#url = new URL(url)
    // DynamoDB Local keeps a database for each access key and region that it reads here: there must be only one,
    // whoever the client is. It does not verify the signature.
    this.#authorization =
      `AWS4-HMAC-SHA256 Credential=local/20200101/${region}/dynamodb/aws4_request, ` +
      'SignedHeaders=host;x-amz-date;x-amz-target, Signature=0'
  }

  supports(): boolean {
    return true
  }

  send({ headers, body }: EngineRequest): Promise<AwsResponse> {
    return new Promise((resolve, reject) => {
      const outgoing = request(this.#url, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          'content-type': headers['content-type'] ?? 'application/x-amz-json-1.0',
          'content-length': body.length,
          authorization: this.#authorization,
          ...present(headers, ['x-amz-date', 'date', 'x-amz-target']),
        },
      })
      outgoing.on('response', response => resolve(answerOf(response)))
      outgoing.on('error', error => reject(new Error(`${this.name} does not answer: ${error.message}`)))
      outgoing.end(body)
    })
  }

  async close(): Promise<void> {
    this.#agent.destroy()
  }
}

/** Node refuses headers that are undefined. */
function present(headers: EngineRequest['headers'], names: readonly string[]): EngineRequest['headers'] {
  return Object.fromEntries(
    names.flatMap(name => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  )
}

async function answerOf(response: IncomingMessage): Promise<AwsResponse> {
  return {
    status: response.statusCode ?? 502,
    headers: passedOn(response.headers),
    body: await buffer(response),
  }
}

function passedOn(headers: IncomingHttpHeaders): Record<string, string> {
  const names = ['content-type', 'x-amz-crc32', 'x-amzn-requestid']
  return Object.fromEntries(
    names.flatMap(name => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
}
