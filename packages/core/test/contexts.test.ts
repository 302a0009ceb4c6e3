import { describe, expect, it } from 'vitest'
import { type ContextOfItem, Contexts } from '../src/contexts.js'
import { createFormat } from '../src/index.js'
import { openItem, sealItem } from './support/fields.js'
import { FORMS } from './support/forms.js'
import { rawKeyring } from './support/keyrings.js'

const at = (table: string, id = '1') => ({ table, key: { id: { S: id } } })

describe('encryption contexts', () => {
  it.each<[string, Record<string, string> | ContextOfItem]>([
    ['the same pairs', { tenant: 'a' }],
    ['a function', () => ({ tenant: 'a' })],
  ])('of %s are made once, for each table and purpose', (_name, additional) => {
    const contexts = new Contexts(additional, 10)
    const message = contexts.of('message', at('T'))
    expect(message.pairs).toEqual({ tenant: 'a', 'dynaseal:table': 'T' })
    expect(contexts.of('message', at('T', '2'))).toBe(message)
    const others = [contexts.of('message', at('U')), contexts.of('envelope', at('T'))]
    expect(others.map(({ pairs }) => pairs)).toEqual([
      { tenant: 'a', 'dynaseal:table': 'U' },
      { tenant: 'a', 'dynaseal:table': 'T', 'dynaseal:format': '2' },
    ])
    expect(contexts.expected('message', at('T'))).toBe(message)
  })

  it('of a function are of each item', () => {
    const contexts = new Contexts((_, { id }) => ({ tenant: String(id) }), 10)
    expect(contexts.of('message', at('T', 'a')).pairs.tenant).toBe('a')
    expect(contexts.of('message', at('T', 'b')).pairs.tenant).toBe('b')
  })

  it('are kept as many as are allowed, those that were used last', () => {
    const contexts = new Contexts({}, 2)
    const [a, b] = [contexts.of('message', at('A')), contexts.of('message', at('B'))]
    expect(contexts.of('message', at('A'))).toBe(a)
    contexts.of('message', at('C'))
    expect(contexts.of('message', at('A'))).toBe(a)
    expect(contexts.of('message', at('B'))).not.toBe(b)
  })

  it('that cannot be are errors of the call, or of the item when a function had a say', () => {
    expect(() => new Contexts({ 'aws:a': 'b' }, 1)).toThrow('reserved')
    const call = { name: 'ConfigurationError', code: 'invalid-context' }
    const fixed = new Contexts({}, 1)
    expect(() => fixed.expected('message', at(''))).toThrow(expect.objectContaining(call))
    const cause = new Error('no tenant')
    const failing = new Contexts(() => {
      throw cause
    }, 1)
    expect(() => failing.of('message', at('T'))).toThrow(expect.objectContaining({ ...call, cause }))
    expect(() => failing.expected('message', at('T'))).toThrow(
      expect.objectContaining({ name: 'FieldError', code: 'invalid-context', cause }),
    )
    const unreadable = new Contexts(
      () => ({
        get tenant(): string {
          throw cause
        },
      }),
      1,
    )
    expect(() => unreadable.expected('message', at('T'))).toThrow(cause)
  })

  it('see numbers as their digits, and other key attributes as they are', () => {
    const seen: unknown[] = []
    const contexts = new Contexts((_, key) => {
      seen.push(key)
      return {}
    }, 1)
    for (const id of [{ N: '1.50e1' }, { N: 'x' }, { S: '1.50' }, { B: Uint8Array.of(49) }])
      contexts.of('message', { table: 'T', key: { id } })
    expect(seen).toEqual([{ id: '15' }, { id: 'x' }, { id: '1.50' }, { id: Uint8Array.of(49) }])
  })

  it.each(FORMS)('are asked for once for each item: $name', async form => {
    let asked = 0
    const encryptionContext = () => {
      asked++
      return {}
    }
    const fields = ['a', 'b', 'c'].map(name => ({ path: [name], value: { S: name } }))
    const item = form.items({ ...at('T'), fields })
    const stored = await sealItem(form.create({ keyring: rawKeyring(), encryptionContext }), item)
    expect(asked).toBe(1)
    const reader = createFormat({ keyring: rawKeyring(), encryptionContext })
    expect(await openItem(reader, stored)).toEqual(fields.map(({ value }) => value))
    expect(asked).toBe(2)
  })
})
