import type { AttributeValue } from '@dynaseal/core'
import { describe, expect, it } from 'vitest'
import type { Item } from '../src/index.js'
import { bytesOf, customer, customers, rawKeyring, rejection, SUITES } from './support/items.js'

const actions = {
  ssn: 'ENCRYPT_AND_SIGN',
  flag: 'ENCRYPT_AND_SIGN',
  plan: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
} as const
const item: Item = { ...customer, flag: { BOOL: true } }

describe.each(SUITES)('an item of suite %s', algorithmSuite => {
  const make = () =>
    customers({
      algorithmSuite,
      attributeActionsOnEncrypt: actions,
      keyring: [rawKeyring('one'), rawKeyring('other')],
    })

  it('is refused with any byte of any sealed attribute changed', async () => {
    const encryptor = make()
    const stored = await encryptor.encryptItem(item)
    const opened: string[] = []
    for (const name of ['aws_dbe_head', 'ssn', 'flag']) {
      const { length } = bytesOf(stored, name)
      for (let index = 0; index < length; index++) {
        if (await opens(encryptor, flipped(stored, name, index))) opened.push(`${name} ${index}`)
      }
    }
    expect(opened).toEqual([])
  })

  it('is refused with any byte of the reader\u2019s tag or of the signature changed', async () => {
    const encryptor = make()
    const reader = customers({ attributeActionsOnEncrypt: actions, keyring: rawKeyring('one') })
    const stored = await encryptor.encryptItem(item)
    const { length } = bytesOf(stored, 'aws_dbe_foot')
    const opened: number[] = []
    for (let index = 0; index < length; index++) {
      if (await opens(reader, flipped(stored, 'aws_dbe_foot', index))) opened.push(index)
    }
    // The second tag is the other recipient's.
    expect(opened).toEqual(Array.from({ length: 48 }, (_, index) => 48 + index))
  })

  it('is refused with a byte more or less anywhere', async () => {
    const encryptor = make()
    const stored = await encryptor.encryptItem(item)
    for (const name of ['aws_dbe_head', 'aws_dbe_foot', 'ssn', 'flag']) {
      const bytes = bytesOf(stored, name)
      for (const B of [
        bytes.subarray(1),
        bytes.subarray(0, -1),
        Buffer.concat([bytes, Buffer.from([0])]),
        Buffer.alloc(0),
      ])
        expect(await opens(encryptor, { ...stored, [name]: { B } })).toBe(false)
    }
  })

  it('is refused with parts of another version of itself', async () => {
    const encryptor = make()
    const [one, other] = [await encryptor.encryptItem(item), await encryptor.encryptItem(item)]
    for (const name of ['aws_dbe_head', 'aws_dbe_foot', 'ssn', 'flag'])
      expect(await opens(encryptor, { ...one, [name]: other[name]! })).toBe(false)
    expect(
      await opens(encryptor, {
        ...one,
        aws_dbe_head: other.aws_dbe_head!,
        aws_dbe_foot: other.aws_dbe_foot!,
      }),
    ).toBe(false)
  })

  it('is refused with values of other types or in other places', async () => {
    const encryptor = make()
    const stored = await encryptor.encryptItem(item)
    const changes: Item[] = [
      { ...stored, plan: { S: 'free' } },
      { ...stored, plan: { B: Buffer.from('pro') } },
      { ...stored, cards: { L: [] } },
      { ...stored, ssn: stored.flag!, flag: stored.ssn! },
      { ...stored, id: { N: '1' } },
      renamed(stored, 'ssn', 'sso'),
      renamed(stored, 'cards', 'bards'),
    ]
    for (const changed of changes) expect(await opens(encryptor, changed)).toBe(false)
  })
})

it('an item that somebody made up costs one call into the keyring, and none for a while', async () => {
  const keyring = rawKeyring()
  const stored = await customers({ keyring }).encryptItem(customer)
  let calls = 0
  const counting = {
    onEncrypt: keyring.onEncrypt.bind(keyring),
    onDecrypt: (...args: Parameters<typeof keyring.onDecrypt>) => {
      calls++
      return keyring.onDecrypt(...args)
    },
  }
  const reader = customers({ keyring: counting })
  const forged = { ...stored, plan: { S: 'free' } }
  for (let count = 0; count < 5; count++) expect(await opens(reader, forged)).toBe(false)
  expect(calls).toBe(1)
  expect(await reader.decryptItem(stored)).toEqual(customer)
  expect(await reader.decryptItem(stored)).toEqual(customer)
  expect(calls).toBe(2)
})

it('what is not whole costs no call into a keyring', async () => {
  const stored = await customers().encryptItem(customer)
  const refuse = () => Promise.reject(new Error('asked'))
  const reader = customers({ keyring: { onEncrypt: refuse, onDecrypt: refuse } })
  const head = bytesOf(stored, 'aws_dbe_head')
  const foot = bytesOf(stored, 'aws_dbe_foot')
  const changes: Item[] = [
    { ...stored, aws_dbe_head: { B: head.subarray(0, -1) } },
    { ...stored, aws_dbe_head: { B: Buffer.concat([head, head]) } },
    { ...stored, aws_dbe_foot: { B: foot.subarray(0, -1) } },
    { ...stored, ssn: { B: Buffer.alloc(17) } },
    { ...stored, ssn: { S: 'x' } },
    { ...stored, more: { S: 'x' } },
    flipped(stored, 'aws_dbe_head', 0),
    flipped(stored, 'aws_dbe_head', 34),
  ]
  for (const changed of changes) {
    const error = await rejection(() => reader.decryptItem(changed))
    expect(error.code).not.toBe('key-unavailable')
  }
  expect((await rejection(() => reader.decryptItem(stored))).code).toBe('key-unavailable')
})

async function opens(encryptor: ReturnType<typeof customers>, stored: Item): Promise<boolean> {
  try {
    await encryptor.decryptItem(stored)
    return true
  } catch (error) {
    expect((error as Error).name).toBe('FieldError')
    return false
  }
}

function flipped(stored: Item, name: string, index: number): Item {
  const B = Uint8Array.from(bytesOf(stored, name))
  B[index]! ^= 1 << (index % 8)
  return { ...stored, [name]: { B } }
}

function renamed(stored: Item, from: string, to: string): Item {
  const { [from]: value, ...others } = stored
  return { ...others, [to]: value as AttributeValue }
}
