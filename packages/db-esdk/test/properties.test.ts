import type { AttributeValue } from '@dynaseal/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attributeValue, numberText } from '../../core/test/support/values.js'
import { type CryptoAction, contextAttributes, createItemEncryptor, type Item } from '../src/index.js'
import { comparePaths, compareUtf8 } from '../src/names.js'
import { CanonicalPaths } from '../src/path.js'
import { canonical } from './support/canonical.js'
import { rawKeyring, SUITES } from './support/items.js'

const text = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ minLength: 1 }))
const name = text.filter(text => !text.startsWith('aws_dbe_') && !text.startsWith('aws-crypto-'))
const keyValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.record({ S: text }),
  fc.record({ N: numberText }),
  fc.record({ B: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
)
const action = (inContext: boolean) =>
  fc.constantFrom<CryptoAction>(
    'ENCRYPT_AND_SIGN',
    'SIGN_ONLY',
    'DO_NOTHING',
    inContext ? 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' : 'ENCRYPT_AND_SIGN',
  )

/** An item of random names, values and actions, with one or two keys. */
const items = fc
  .record({
    names: fc.uniqueArray(name, { minLength: 2, maxLength: 9 }),
    sorted: fc.boolean(),
    inContext: fc.boolean(),
  })
  .chain(({ names, sorted, inContext }) => {
    const keys = names.slice(0, sorted ? 2 : 1)
    const others = names.slice(keys.length)
    return fc.record({
      keys: fc.constant(keys),
      values: fc.tuple(...keys.map(() => keyValue), ...others.map(() => attributeValue)),
      actions: fc.tuple(...others.map(() => action(inContext))),
      names: fc.constant([...keys, ...others]),
      table: text,
      algorithmSuite: fc.constantFrom(...SUITES),
      recipients: fc.integer({ min: 1, max: 3 }),
    })
  })

test('whatever is sealed opens to the same, for each recipient', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(items, async ({ keys, names, values, actions, table, algorithmSuite, recipients }) => {
      const item: Item = Object.fromEntries(names.map((name, index) => [name, values[index]!]))
      const entries = names.slice(keys.length).map((name, index) => [name, actions[index]!] as const)
      const unsigned = entries.filter(([, action]) => action === 'DO_NOTHING').map(([name]) => name)
      const encryptor = (keyring: ReturnType<typeof rawKeyring>[]) =>
        createItemEncryptor({
          logicalTableName: table,
          partitionKeyName: keys[0]!,
          ...(keys.length === 2 ? { sortKeyName: keys[1]! } : {}),
          attributeActionsOnEncrypt: Object.fromEntries(entries),
          ...(unsigned.length > 0 ? { allowedUnsignedAttributes: unsigned } : {}),
          algorithmSuite,
          keyring,
        })
      const keyrings = Array.from({ length: recipients }, (_, index) => rawKeyring('k'.repeat(index + 1)))
      const stored = await encryptor(keyrings).encryptItem(item)
      for (const [name, action] of entries) {
        if (action === 'ENCRYPT_AND_SIGN') expect(stored[name]).toHaveProperty('B')
        else expect(stored[name]).toEqual(item[name])
      }
      for (const keyring of keyrings)
        expect(canonical(await encryptor([keyring]).decryptItem(stored))).toEqual(canonical(item))
    }),
    { numRuns: 150 },
  )
})

test('names are in the order of their canonical paths', () => {
  const paths = new CanonicalPaths('table')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(paths.of(a), paths.of(b)))
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    {
      examples: [
        ['\uff61', '\u{10000}'],
        ['a', 'b'],
        ['é', 'z'],
        ['', 'a'],
      ],
    },
  )
})

test('the attributes of a context are those that were put there', async () => {
  await fc.assert(
    fc.asyncProperty(keyValue, fc.option(attributeValue, { nil: undefined }), async (id, more) => {
      let seen: Record<string, AttributeValue> | undefined
      const encryptor = createItemEncryptor({
        logicalTableName: 'Customers',
        partitionKeyName: 'id',
        algorithmSuite: '0x6700',
        ...(more === undefined
          ? {}
          : { attributeActionsOnEncrypt: { more: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' } }),
        keyring: context => {
          seen = contextAttributes(context)
          return rawKeyring()
        },
      })
      await encryptor.encryptItem(more === undefined ? { id } : { id, more })
      const { aws_dbe_table_name: table, aws_dbe_partition_name: partition, ...attributes } = seen!
      expect(canonical(attributes)).toEqual(canonical(more === undefined ? { id } : { id, more }))
      expect([table, partition]).toEqual(
        more === undefined ? [undefined, undefined] : [{ S: 'Customers' }, { S: 'id' }],
      )
    }),
  )
})
