import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { searchContext } from '../../src/materials/context.js'
import { loadVectors } from '../support/vectors.js'

interface Positive {
  readonly searchKeys: { name: string; bytes: string; root: string }[]
  readonly tokens: {
    name: string
    bits: number
    scope: string
    tokenKey: string
    message: string
    token: string
  }[]
}

const page = readFileSync(new URL('../../../../docs/format.md', import.meta.url), 'utf8')
const vectors = loadVectors<Positive>('search/positive.json')
const NAME = 'the example of docs/format.md'

/** The text in parts of so many hexadecimal digits, and what is left. */
function parts(hex: string, ...digits: number[]): string[] {
  const [first, ...others] = digits
  return first === undefined ? [hex] : [hex.slice(0, first), ...parts(hex.slice(first), ...others)]
}

it('the example of search tokens on the format page is what its vectors have', () => {
  const { bytes, root } = vectors.searchKeys.find(({ name }) => name === NAME)!
  const { scope, tokenKey, message, token } = vectors.tokens.find(({ name }) => name === NAME)!
  const short = vectors.tokens.find(({ name }) => name === '20 bits')!.token
  const context = searchContext({}).bytes.toString('hex')
  const keys = bytes.slice(16, -64)
  const binding = createHash('sha256')
    .update(context + keys, 'hex')
    .digest('hex')
  const digest = createHmac('sha256', Buffer.from(tokenKey, 'hex')).update(message, 'hex').digest('hex')
  const [k1, k2, k3, k4, k5, k6, k7, k8, k9, k10] = parts(keys, 4, 4, 32, 4, 10, 8, 8, 24, 4) as string[]
  const lines = [
    ['serialized context', ...parts(context, 4, 4, 4, 30, 4), 'dynaseal:search, 1'],
    ['encrypted data keys', k1],
    [k2, k3, 'dynaseal-vectors'],
    [k4, k5, k6, k7, k8, 'first, 128, 12, IV'],
    [k9, ...parts(k10!, 64)],
    ['binding', binding],
    ['commitment', bytes.slice(-64)],
    ['root', root],
    ['search key', ...parts(bytes.slice(0, 16), 6, 2), '‖ encrypted data keys ‖ commitment'],
    ['scope', ...parts(scope.slice(0, 18), 8), 'Users'],
    [scope.slice(18, 20), 'no tenant'],
    [...parts(scope.slice(20), 8, 8, 2, 8), 'one attribute, email'],
    ['token key', tokenKey],
    ['message', ...parts(message, 8, 4)],
    ['digest', digest],
    ['token, 128 bits', token],
    ['token, 20 bits', short],
  ]
  const section = page.slice(page.indexOf('## Search tokens'))
  const block = section.slice(section.indexOf('### Example')).split('```')[1]!
  expect(block.trim().replaceAll(/\s+/g, ' ')).toBe(lines.flat().join(' '))
})
