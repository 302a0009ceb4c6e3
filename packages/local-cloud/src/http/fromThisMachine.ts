import type { IncomingHttpHeaders } from 'node:http'

/**
 * The socket is on loopback, but a web page that the developer has open could send requests to it: with its own
 * origin, without one where it only loads something, or under a name of its own that it points at 127.0.0.1. A link on
 * such a page may lead here: what is opened is shown to the developer alone.
 */
export function fromThisMachine(headers: IncomingHttpHeaders): boolean {
  const { host = '', origin } = headers
  const local = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)
  return local && (origin === undefined ? !isLoadedElsewhere(headers) : origin === `http://${host}`)
}

/** By what every browser says of itself (W3C, Fetch Metadata Request Headers). */
function isLoadedElsewhere(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  const isElsewhere = site === 'cross-site' || site === 'same-site'
  return (
    isElsewhere && !(headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document')
  )
}
