import { createHash, hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { encryptionContext } from '../../src/materials/context.js'
import { loadVectors } from '../support/vectors.js'

interface Item {
  readonly name: string
  readonly envelope: string | null
  readonly fields: { field: string; plaintext: string; dataKey: string; itemKey: string }[]
}

const page = readFileSync(new URL('../../../../docs/format.md', import.meta.url), 'utf8')
const { items } = loadVectors<{ items: Item[] }>('envelope/positive.json')
const [short, full] = items.filter(({ name }) => name.startsWith('the example of docs/format.md'))

/** The text in parts of so many hexadecimal digits, and what is left. */
function parts(hex: string, ...digits: number[]): string[] {
  const [first, ...others] = digits
  return first === undefined ? [hex] : [hex.slice(0, first), ...parts(hex.slice(first), ...others)]
}

it('the example of the format page is what its vectors have', () => {
  const { field, plaintext, dataKey, itemKey } = short!.fields[0]!
  const envelope = short!.envelope!
  const keys = envelope.slice(14, -64)
  const commitment = envelope.slice(-64)
  const context = encryptionContext('envelope', 'Users', {}).bytes.toString('hex')
  const sha256 = (hex: string) => createHash('sha256').update(hex, 'hex').digest('hex')
  const binding = sha256(context + keys)
  const info = Buffer.concat([Buffer.from('dynaseal:v2:encrypt'), Buffer.from(binding, 'hex')])
  const root = Buffer.from(hkdfSync('sha256', Buffer.from(dataKey, 'hex'), '', info, 32)).toString('hex')
  const tag = sha256(context).slice(0, 8)
  const contextParts = parts(context, 4, 4, 4, 30, 4, 2, 4, 28, 4)
  const keyParts = parts(keys, 4, 4, 32, 4, 10, 8, 8, 24, 4, 64)
  const boxOf = (box: string) => parts(box, 24, box.length - 56)

  const lines = [
    ['serialized context', ...contextParts.slice(0, 6), 'dynaseal:format, 2'],
    [...contextParts.slice(6), 'dynaseal:table, Users'],
    ['encrypted data keys', ...keyParts.slice(0, 1)],
    [...keyParts.slice(1, 3), 'dynaseal-vectors'],
    [...keyParts.slice(3, 8), 'first, 128, 12, IV'],
    keyParts.slice(8),
    ['binding', binding],
    ['commitment', commitment],
    ['root', root],
    ['item key', itemKey],
    ['plaintext', ...parts(plaintext, 4)],
    ['additional data da5e 21 00000001 00 00000003 73736e 22 in a full field'],
    ['envelope attribute da5e20', tag, '‖ encrypted data keys ‖ commitment'],
    ['short field', ...parts(field.slice(0, 12), 6)],
    boxOf(field.slice(12)),
    ['full field da5e22', tag, '‖ encrypted data keys ‖ commitment'],
    boxOf(full!.fields[0]!.field.slice(envelope.length)),
  ]
  const example = page.slice(page.indexOf('### Example'), page.indexOf('## Errors'))
  const block = example.split('```')[1]!
  expect(block.trim().replaceAll(/\s+/g, ' ')).toBe(lines.flat().join(' '))
  expect(dataKey).toBe(Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('hex'))
})
