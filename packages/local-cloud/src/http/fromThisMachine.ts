import type { IncomingHttpHeaders } from 'node:http'

/**
 * The socket is on loopback, but a web page that the developer has open could send requests to it: with its own
 * origin, or under a name of its own that it points at 127.0.0.1.
 */
export function fromThisMachine({ host = '', origin }: IncomingHttpHeaders): boolean {
  const local = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)
  return local && (origin === undefined || origin === `http://${host}`)
}
