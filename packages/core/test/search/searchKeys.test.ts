import { describe, expect, it, vi } from 'vitest'
import { createSearchKey } from '../../src/index.js'
import { PermanentError } from '../support/dataKeyCache.js'
import { countingKeyring, rawKeyring } from '../support/keyrings.js'
import { ada, setUp, subject } from '../support/searching.js'

describe('calls into the keyring', () => {
  it('are one for each search key, whatever the tokens and the callers', async () => {
    const { keyring, tokens } = await setUp()
    const many = (count: number, tenant: string) =>
      Array.from({ length: count }, (_, index) => ({ ...subject({ N: String(index) }), tenant }))
    const [stored] = await tokens.write([ada])
    await Promise.all(
      Array.from({ length: 200 }, (_, caller) => [
        tokens.write(many(5, `t${caller}`)),
        tokens.find(many(5, `t${caller}`)),
        tokens.check([{ ...ada, stored: stored! }]),
      ]).flat(),
    )
    expect(keyring.decrypts).toBe(2)
    expect(keyring.encrypts).toBe(0)
    expect(tokens.statistics()).toMatchObject({ calls: 2, failures: 0 })
  })

  it('are none for the search key that is only found with, as long as nobody looks', async () => {
    const { keyring, tokens } = await setUp()
    await tokens.write([ada])
    expect(keyring.decrypts).toBe(1)
  })

  it('are one each maxAge, and one after the search keys were let go', async () => {
    const { clock, keyring, tokens } = await setUp()
    const expected = await tokens.write([ada])
    clock.now += 999
    await tokens.write([ada])
    expect(keyring.decrypts).toBe(1)
    clock.now += 1
    expect(await tokens.write([ada])).toEqual(expected)
    expect(keyring.decrypts).toBe(2)
    tokens.clear()
    expect(await tokens.write([ada])).toEqual(expected)
    expect(keyring.decrypts).toBe(3)
  })

  it('go to the keyring of the context, which has no table', async () => {
    const { create } = await setUp()
    const keyring = vi.fn(() => countingKeyring())
    await create({ keyring }).find([ada])
    expect(keyring.mock.calls).toEqual([[{ 'dynaseal:search': '1' }]])
  })
})

describe('what the keyring does not give', () => {
  it('is remembered briefly where it is refused for good', async () => {
    const { clock, keyring, tokens } = await setUp({ cache: { refusalAge: 100 } })
    keyring.failure = new PermanentError('denied')
    const outcomes = await Promise.allSettled([tokens.write([ada]), tokens.write([ada])])
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { name: 'SearchError', code: 'key-unavailable', cause: keyring.failure },
      })
    }
    keyring.failure = undefined
    await expect(tokens.write([ada])).rejects.toMatchObject({ code: 'key-unavailable' })
    expect(keyring.decrypts).toBe(1)
    clock.now += 100
    expect(await tokens.write([ada])).toHaveLength(1)
    expect(keyring.decrypts).toBe(2)
  })

  it('is asked for again at once where the failure may pass', async () => {
    const { keyring, tokens } = await setUp()
    keyring.failure = new Error('throttled')
    await expect(tokens.write([ada])).rejects.toMatchObject({ code: 'key-unavailable' })
    keyring.failure = undefined
    expect(await tokens.write([ada])).toHaveLength(1)
    expect(keyring.decrypts).toBe(2)
  })

  it('fails a search as a whole: one version alone would not find everything', async () => {
    const { create } = await setUp()
    const tokens = create({ findWith: [await createSearchKey(rawKeyring('another'), { version: 2 })] })
    await expect(tokens.find([ada])).rejects.toMatchObject({ code: 'key-unavailable' })
    expect(await tokens.write([ada])).toHaveLength(1)
  })

  it('does not hinder who looks for it in the grace, and hinders who writes', async () => {
    const { clock, keyring, tokens } = await setUp({ cache: { openingGrace: 500 } })
    const [stored] = await tokens.write([ada])
    const found = await tokens.find([ada])
    keyring.failure = new Error('unreachable')
    clock.now += 1000
    expect(await tokens.find([ada])).toEqual(found)
    expect(await tokens.check([{ ...ada, stored: stored! }])).toMatchObject([{ fits: true }])
    await expect(tokens.write([ada])).rejects.toMatchObject({ code: 'key-unavailable' })
    clock.now += 500
    await expect(tokens.find([ada])).rejects.toMatchObject({ code: 'key-unavailable' })
  })

  it('is not waited for by who gives up, while others wait on', async () => {
    const { keyring, tokens } = await setUp()
    let open = () => {}
    keyring.gate = new Promise(resolve => {
      open = resolve
    })
    const controller = new AbortController()
    const gone = [
      tokens.write([ada], { signal: controller.signal }),
      tokens.find([ada], { signal: controller.signal }),
      tokens.check([{ ...ada, stored: ['1.AAAAAAAAAAAAAAAAAAAAAA'] }], { signal: controller.signal }),
    ]
    const waiting = tokens.write([ada])
    controller.abort('gone')
    for (const call of gone) await expect(call).rejects.toBe('gone')
    open()
    expect(await waiting).toHaveLength(1)
    expect(keyring.decrypts).toBe(2)
    await expect(tokens.write([ada], { signal: AbortSignal.abort('before') })).rejects.toBe('before')
  })
})

describe('a search key that was changed', () => {
  it('is refused though its data key is in memory under the genuine one', async () => {
    const { create, first } = await setUp()
    const renamed = Uint8Array.from(first)
    renamed[3] = 9
    const tokens = create({ findWith: [renamed] })
    await tokens.write([ada])
    await expect(tokens.find([ada])).rejects.toMatchObject({ code: 'not-authentic' })
    expect(await tokens.write([ada])).toHaveLength(1)
    const turned = create({ writeWith: renamed, findWith: [first] })
    await expect(turned.write([ada])).rejects.toMatchObject({ code: 'not-authentic' })
    await expect(turned.find([ada])).rejects.toMatchObject({ code: 'not-authentic' })
  })

  it('is not asked for again and again', async () => {
    const { create, first, keyring } = await setUp()
    const changed = Uint8Array.from(first)
    changed[changed.length - 1]! ^= 1
    const tokens = create({ writeWith: changed, findWith: [] })
    for (let call = 0; call < 3; call++)
      await expect(tokens.write([ada])).rejects.toMatchObject({ code: 'not-authentic' })
    expect(keyring.decrypts).toBe(1)
  })
})
