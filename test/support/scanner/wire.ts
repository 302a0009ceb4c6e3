import type { Exchange } from '../recordingProxy.js'
import { compact, formsOfBytes } from './encodings.js'
import type { Cut, CutMaker } from './hmacs.js'
import { leaks } from './plaintexts.js'

interface Needle {
  readonly name: string
  readonly bytes: Buffer
  readonly isSpaced?: boolean
  /** An answer of KMS to whoever may use the key has it. */
  readonly isUnwrapped?: boolean
}

/**
 * What can be read out of requests and answers and should not: plaintexts, more of an HMAC than was chosen, and the keys that
 * it was made with.
 */
export function leaksOf(exchanges: readonly Exchange[], { keys }: CutMaker, cuts: readonly Cut[]): string[] {
  const needles: Needle[] = [
    ...keys.flatMap(({ name, bytes }) =>
      inAnyEncoding(name, bytes).map(needle => ({ ...needle, isUnwrapped: /data|beacon/.test(name) })),
    ),
    ...cuts.flatMap(({ longer, parts }) => [
      ...longer.map(text => ({ name: `a longer cut of an HMAC, ${text},`, bytes: Buffer.from(text) })),
      ...parts.flatMap(({ name, bytes }) => inAnyEncoding(name, bytes)),
    ]),
  ]
  return exchanges.flatMap(({ target, request, response }) =>
    Object.entries({ request, response }).flatMap(([side, content]) => {
      const sought = target === 'TrentService.Decrypt' && side === 'response' ? wrapped(needles) : needles
      return [...leaks(content), ...found(content, sought)].map(leak => `${target}, ${side}: ${leak}`)
    }),
  )
}

const wrapped = (needles: readonly Needle[]) => needles.filter(({ isUnwrapped }) => !isUnwrapped)

function inAnyEncoding(name: string, bytes: Buffer): Needle[] {
  const characters = { encoding: 'characters', bytes: Buffer.from(bytes.toString('latin1')) }
  return [...formsOfBytes(bytes), characters].map(({ encoding, ...form }) => ({
    ...form,
    name: `${name} as ${encoding}`,
  }))
}

function found(content: Buffer, needles: readonly Needle[]): string[] {
  const dense = compact(content)
  return needles
    .filter(({ bytes, isSpaced }) => (isSpaced ? dense : content).includes(bytes))
    .map(({ name }) => name)
}
