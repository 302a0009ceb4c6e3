import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { channelNames, type FieldError, SealError } from '../src/index.js'
import { createFormat } from './support/codec.js'
import { item, refusal, sealOne } from './support/fields.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

const { notOpened, notSealed } = channelNames
const place = {
  table: 'Customers',
  key: { pk: { S: 'key-value-0815' } },
  path: ['cards', 0, 'number'],
} as const
const names = { table: 'Customers', keyNames: ['pk'], path: ['cards', 0, 'number'] }

describe('with somebody who listens', () => {
  const events: Record<string, unknown[]> = {}
  const listen = (event: unknown, name: string | symbol) => {
    events[String(name)]!.push(event)
  }
  beforeEach(() => {
    for (const name of [notOpened, notSealed]) {
      events[name] = []
      subscribe(name, listen)
    }
  })
  afterEach(() => {
    for (const name of [notOpened, notSealed]) unsubscribe(name, listen)
  })

  it('each field that does not open is published, by its place and nothing else', async () => {
    const writer = createFormat({ keyring: rawKeyring() })
    const message = await sealOne(writer, item({ S: 'a' }, place))
    const keyring = countingKeyring()
    const reader = createFormat({ keyring })
    await refusal(reader, item<Uint8Array>(Buffer.from('clear'), place))
    await refusal(reader, item(message, { ...place, key: {} }))
    await refusal(reader, item(message, { ...place, path: ['other'] }))
    reader.clear()
    keyring.failure = new Error('KMS is down')
    await refusal(reader, item(message, place))
    await reader.open([item(message, place), item(message, place)])
    expect(events).toEqual({
      [notOpened]: [
        { code: 'not-a-message', ...names },
        { code: 'invalid-location', ...names, keyNames: [] },
        { code: 'wrong-location', ...names, path: ['other'] },
        { code: 'key-unavailable', ...names },
        { code: 'key-unavailable', ...names },
        { code: 'key-unavailable', ...names },
      ],
      [notSealed]: [],
    })
  })

  it('a value that is not sealed is published, once for its call', async () => {
    const keyring = countingKeyring()
    const format = createFormat({ keyring })
    const bad = item({ N: 'secret' }, place)
    await expect(format.seal([item({ S: 'good' }), bad, bad])).rejects.toThrow(SealError)
    format.clear()
    keyring.failure = new Error('KMS is down')
    await expect(format.seal([item({ S: 'a' }, place)])).rejects.toThrow(SealError)
    expect(events).toEqual({
      [notOpened]: [],
      [notSealed]: [
        { code: 'invalid-value', ...names },
        { code: 'key-unavailable', ...names },
      ],
    })
  })

  it('nothing is published of what opens and seals', async () => {
    const format = createFormat({ keyring: rawKeyring() })
    await format.open([item(await sealOne(format, item({ S: 'a' })))])
    expect(events).toEqual({ [notOpened]: [], [notSealed]: [] })
  })
})

it('nothing is published of the options of a call', async () => {
  const listen = vi.fn()
  subscribe(notSealed, listen)
  const format = createFormat({ keyring: rawKeyring() })
  await expect(format.seal([item({ S: 'a' }, { table: '' })])).rejects.toThrow('encryption context')
  unsubscribe(notSealed, listen)
  expect(listen).not.toHaveBeenCalled()
})

it('an error is the same, whether somebody listens or not', async () => {
  const format = createFormat({ keyring: rawKeyring() })
  const fail = (): Promise<FieldError> => refusal(format, item<Uint8Array>(Buffer.from('clear'), place))
  const before = await fail()
  const listen = () => {}
  subscribe(notOpened, listen)
  expect(await fail()).toEqual(before)
  unsubscribe(notOpened, listen)
})
