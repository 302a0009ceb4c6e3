import { describe, expect, it } from 'vitest'
import { createSearchKey, createSearchTokens, type SearchKeyOptions } from '../../src/index.js'
import { countingKeyring, rawKeyring } from '../support/keyrings.js'
import { ada, errorOf } from '../support/searching.js'

describe('createSearchKey', () => {
  it('makes bytes that work with the same keyring, version and context alone', async () => {
    const encryptionContext = { tenant: 'acme' }
    const writeWith = await createSearchKey(rawKeyring(), { version: 7, encryptionContext })
    const tokens = createSearchTokens({ keyring: rawKeyring(), writeWith, encryptionContext })
    expect(await tokens.write([ada])).toEqual([[expect.stringMatching(/^7\.[\w-]{22}$/)]])
    expect(tokens.versions).toEqual([7])
    const other = createSearchTokens({ keyring: rawKeyring('other'), writeWith, encryptionContext })
    await expect(other.write([ada])).rejects.toMatchObject({ code: 'key-unavailable' })
    expect(() => createSearchTokens({ keyring: rawKeyring(), writeWith })).toThrow(
      expect.objectContaining({ code: 'wrong-context' }),
    )
  })

  it('makes another one each time, by one call', async () => {
    const keyring = countingKeyring()
    const [one, two] = [await createSearchKey(keyring), await createSearchKey(keyring)]
    expect(keyring.encrypts).toBe(2)
    expect(keyring.decrypts).toBe(0)
    const token = async (writeWith: Uint8Array) => createSearchTokens({ keyring, writeWith }).write([ada])
    expect(await token(one)).not.toEqual(await token(two))
  })

  it.each([0, 256, 1.5, '1', null])('refuses version %s', async version => {
    await expect(createSearchKey(rawKeyring(), { version: version as number })).rejects.toMatchObject({
      code: 'invalid-option',
    })
  })

  it.each([
    [{ versoin: 1 }, 'invalid-option'],
    [{ encryptionContext: { 'dynaseal:search': '1' } }, 'invalid-context'],
    [{ encryptionContext: { 'dynaseal:table': 'Users' } }, 'invalid-context'],
    [{ encryptionContext: Promise.resolve({}) as never }, 'invalid-context'],
  ])('refuses %o', async (options, code) => {
    await expect(createSearchKey(rawKeyring(), options as SearchKeyOptions)).rejects.toMatchObject({ code })
  })

  it('says what the keyring failed with, and no more where it was aborted', async () => {
    const keyring = countingKeyring()
    keyring.failure = new Error('denied')
    expect(await errorOf(createSearchKey(keyring))).toMatchObject({
      name: 'SearchError',
      code: 'key-unavailable',
      cause: keyring.failure,
    })
    await expect(createSearchKey(keyring, { signal: AbortSignal.abort('too late') })).rejects.toBe('too late')
    expect(keyring.encrypts).toBe(1)
    keyring.gate = new Promise(() => {})
    const controller = new AbortController()
    const call = createSearchKey(keyring, { signal: controller.signal })
    controller.abort('gone')
    await expect(call).rejects.toBe('gone')
  })
})
