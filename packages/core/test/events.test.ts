import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { channelNames, createFormat, type FieldError, SealError } from '../src/index.js'
import { item, openOne, refusal, sealItem } from './support/fields.js'
import { FORMS, movedTo } from './support/forms.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

const { notOpened, notSealed } = channelNames
const place = {
  table: 'Customers',
  key: { pk: { S: 'key-value-0815' } },
  path: ['cards', 0, 'number'],
} as const
const names = { table: 'Customers', keyNames: ['pk'], path: ['cards', 0, 'number'] }

describe.each(FORMS)('with somebody who listens, $name', form => {
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
    const writer = form.create({ keyring: rawKeyring() })
    const stored = await sealItem(writer, form.item({ S: 'a' }, place))
    const keyring = countingKeyring()
    const reader = form.create({ keyring })
    await refusal(reader, item<Uint8Array>(Buffer.from('clear'), place))
    await refusal(reader, movedTo(stored, { key: {} }))
    await refusal(reader, movedTo(stored, { path: ['other'] }))
    reader.clear()
    keyring.failure = new Error('KMS is down')
    await refusal(reader, stored)
    await reader.open([stored, stored])
    expect(events).toEqual({
      [notOpened]: [
        { code: 'not-a-message', ...names },
        { code: 'invalid-location', ...names, keyNames: [] },
        { code: form.codes.moved, ...names, path: ['other'] },
        { code: 'key-unavailable', ...names },
        { code: 'key-unavailable', ...names },
        { code: 'key-unavailable', ...names },
      ],
      [notSealed]: [],
    })
  })

  it('a value that is not sealed is published, once for its call', async () => {
    const keyring = countingKeyring()
    const format = form.create({ keyring })
    const bad = form.item({ N: 'secret' }, place)
    await expect(format.seal([form.item({ S: 'good' }), bad, bad])).rejects.toThrow(SealError)
    format.clear()
    keyring.failure = new Error('KMS is down')
    await expect(format.seal([form.item({ S: 'a' }, place)])).rejects.toThrow(SealError)
    expect(events).toEqual({
      [notOpened]: [],
      [notSealed]: [
        { code: 'invalid-value', ...names },
        { code: 'key-unavailable', ...names },
      ],
    })
  })

  it('nothing is published of what opens and seals', async () => {
    const format = form.create({ keyring: rawKeyring() })
    expect(await openOne(format, await sealItem(format, form.item({ S: 'a' })))).toEqual({ S: 'a' })
    expect(events).toEqual({ [notOpened]: [], [notSealed]: [] })
  })
})

it.each(FORMS)('nothing is published of the options of a call, $name', async form => {
  const listen = vi.fn()
  subscribe(notSealed, listen)
  const format = form.create({ keyring: rawKeyring() })
  await expect(format.seal([form.item({ S: 'a' }, { table: '' })])).rejects.toThrow('encryption context')
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
