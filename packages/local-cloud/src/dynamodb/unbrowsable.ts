import { randomInt } from 'node:crypto'

/** On loopback. */
export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * The unprivileged ones of the "bad ports", to which no browser sends an HTTP request, whatever page asks for it and
 * whatever name it has for the host: https://fetch.spec.whatwg.org/#port-blocking. Other programs can. Without 4190 and
 * 6679, which the standard names and Chromium lets pass.
 */
const BAD_PORTS: readonly number[] = [
  1719, 1720, 1723, 2049, 3659, 4045, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 10080,
]

/**
 * Addresses that web pages cannot reach, for a server that allows every origin and every Host. There are few such
 * ports, but on most systems millions of hosts: all of 127.0.0.0/8 is loopback. macOS has 127.0.0.1 alone.
 */
export function unbrowsableAddresses(count: number): Address[] {
  const ports = shuffled(BAD_PORTS).slice(0, count)
  return ports.map(port => ({ host: process.platform === 'darwin' ? '127.0.0.1' : someLoopback(), port }))
}

function someLoopback(): string {
  return `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map(one => ({ one, place: randomInt(2 ** 32) }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one)
}
