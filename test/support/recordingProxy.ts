import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RecordingProxy {
  readonly endpoint: string
  /** Everything that left the process: request lines, headers and bodies, as bytes. */
  readonly sent: Buffer[]
  stop(): Promise<void>
}

/** Stands between the clients under test and the local cloud and keeps every byte that passes to it. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const { hostname, port } = new URL(target)
  const sent: Buffer[] = []
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      sent.push(Buffer.from(`${incoming.url}\n${JSON.stringify(incoming.rawHeaders)}\n`), body)
      const { method, url, headers } = incoming
      const outgoing = request({ hostname, port, method, path: url, headers }, response => {
        answer.writeHead(response.statusCode ?? 500, response.headers)
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
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The forms in which a plaintext could have left: as it is, in JSON, in base64 at each of three offsets. */
export function encodings(plaintext: string | Uint8Array): Buffer[] {
  const bytes = Buffer.from(plaintext as string)
  const forms = [bytes]
  if (typeof plaintext === 'string') forms.push(Buffer.from(JSON.stringify(plaintext).slice(1, -1)))
  for (let offset = 0; offset < 3; offset++) {
    // Leading and trailing characters depend on the neighbours, so only the inner ones are compared.
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const inner = encoded.slice(
      offset === 0 ? 0 : offset + 1,
      encoded.length - ((bytes.length + offset) % 3 === 0 ? 0 : 1),
    )
    if (inner.length >= 6) forms.push(Buffer.from(inner))
  }
  return forms.concat(Buffer.from(bytes.toString('hex')))
}

/** The plaintexts found in what was sent. */
export function leaks(sent: readonly Uint8Array[], plaintexts: readonly (string | Uint8Array)[]): string[] {
  const all = Buffer.concat([...sent])
  return plaintexts
    .filter(plaintext => encodings(plaintext).some(form => all.includes(form)))
    .map(plaintext => Buffer.from(plaintext as string).toString())
}
