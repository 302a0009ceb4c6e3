import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compact, type Form, formsOfBytes, formsOfText } from './scanner/encodings.js'

/** A request and its answer, as they passed. */
export interface Exchange {
  /** Such as `DynamoDB_20120810.GetItem`. */
  readonly target: string
  /** Request line, headers and body. */
  readonly request: Buffer
  readonly response: Buffer
}

export interface RecordingProxy {
  readonly endpoint: string
  /** Everything that left the process: request lines, headers and bodies, as bytes. */
  readonly sent: Buffer[]
  /** The same with what came back. */
  readonly exchanges: Exchange[]
  stop(): Promise<void>
}

/** Stands between the clients under test and the local cloud and keeps every byte that passes to it. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const { hostname, port } = new URL(target)
  const sent: Buffer[] = []
  const exchanges: Exchange[] = []
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const head = Buffer.from(`${incoming.url}\n${JSON.stringify(incoming.rawHeaders)}\n`)
      sent.push(head, body)
      const { method, url, headers } = incoming
      const outgoing = request({ hostname, port, method, path: url, headers }, response => {
        answer.writeHead(response.statusCode ?? 500, response.headers)
        const answered: Buffer[] = [Buffer.from(`${JSON.stringify(response.rawHeaders)}\n`)]
        response.on('data', (chunk: Buffer) => answered.push(chunk))
        response.on('end', () =>
          exchanges.push({
            target: String(headers['x-amz-target']),
            request: Buffer.concat([head, body]),
            response: Buffer.concat(answered),
          }),
        )
        response.pipe(answer)
      })
      outgoing.on('error', () => answer.destroy())
      outgoing.end(body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    exchanges,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The plaintexts found in what was sent, in whatever encoding. */
export function leaks(sent: readonly Uint8Array[], plaintexts: readonly (string | Uint8Array)[]): string[] {
  const all = Buffer.concat([...sent])
  const dense = compact(all)
  // What is left of a short text between its neighbours in base64 could stand there by chance.
  const isThere = ({ encoding, bytes, isSpaced }: Form) =>
    (bytes.length >= 6 || encoding === 'plain bytes') && (isSpaced ? dense : all).includes(bytes)
  return plaintexts
    .filter(plaintext =>
      (typeof plaintext === 'string' ? formsOfText(plaintext) : formsOfBytes(plaintext)).some(isThere),
    )
    .map(plaintext => Buffer.from(plaintext as string).toString())
}
