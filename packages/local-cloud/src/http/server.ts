import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AwsResponse } from '../aws.js'
import { Happening } from '../pause.js'

/** Answers a request, or undefined (or a rejection) to destroy its connection without an answer. */
export type Handler = (request: IncomingMessage, clientGone: Happening) => Promise<AwsResponse | undefined>

const HOST = '127.0.0.1'

export interface LoopbackServer {
  readonly endpoint: string
  close(): Promise<void>
}

/** An HTTP server that only this machine can reach. */
export async function listen(port: number, handler: Handler): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    // An answer that HTTP does not have ends its connection, and not the process.
    serve(handler, request, response).catch(() => response.destroy())
  })
  // SDKs keep their connections; closing idle ones under them makes the next call fail.
  server.keepAliveTimeout = 0
  await bind(server, port)
  const { port: bound } = server.address() as AddressInfo
  return {
    endpoint: `http://${HOST}:${bound}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function serve(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new Happening()
  response.on('close', () => gone.happen())
  const answer = await handler(request, gone).catch(() => undefined)
  if (answer === undefined || gone.happened) {
    response.destroy()
    return
  }
  // An answer given before the whole request was read cannot be followed by another one.
  if (!request.complete) response.setHeader('connection', 'close')
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) })
  response.end(answer.body)
}

function bind(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        reject(
          new Error(
            `Port ${port} is taken. Stop what listens there, choose another port, or 0 for any free one.`,
            { cause: error },
          ),
        )
      else if (error.code === 'EACCES')
        reject(
          new Error(`Port ${port} needs privileges. Choose one above 1023, or 0 for any free one.`, {
            cause: error,
          }),
        )
      else reject(error)
    })
    server.listen(port, HOST, resolve)
  })
}
