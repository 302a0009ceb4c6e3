import { Agent, request } from 'node:http'

const targets = { dynamodb: 'DynamoDB_20120810', kms: 'TrentService' }
const versions = { dynamodb: '1.0', kms: '1.1' }

/** One client for all contestants: Node's, with kept connections, and bodies that are ready to send. */
export class Client {
  #agent
  #url

  constructor(url, inFlight) {
    this.#url = new URL(url)
    this.#agent = new Agent({ keepAlive: true, maxSockets: inFlight })
  }

  /** Resolves with the body, after it was read to its end. */
  send(service, region, operation, body) {
    return new Promise((resolve, reject) => {
      const outgoing = request(this.#url, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          'content-type': `application/x-amz-json-${versions[service]}`,
          'content-length': Buffer.byteLength(body),
          'x-amz-date': '20250101T000000Z',
          'x-amz-target': `${targets[service]}.${operation}`,
          authorization: `AWS4-HMAC-SHA256 Credential=bench/20250101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=00`,
        },
      })
      outgoing.on('response', response => {
        const chunks = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode < 300) resolve(text)
          else reject(new Error(`${operation} answered ${response.statusCode}: ${text}`))
        })
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  close() {
    this.#agent.destroy()
  }
}

/** Milliseconds that `count` calls take, so many of them at a time; `call` is given their numbers. */
export async function timeCalls(count, inFlight, call) {
  let next = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (next < count) await call(next++)
    }),
  )
  return performance.now() - start
}
