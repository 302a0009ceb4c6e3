import { KMSClient } from '@aws-sdk/client-kms'
import { describe, expect, it, vi } from 'vitest'
import { AttemptSignal, signalFor } from '../src/attemptSignal.js'

describe('the signal of an attempt', () => {
  it('tells its listeners once, and those that were removed not at all', () => {
    const signal = new AttemptSignal()
    const [kept, removed, handler] = [vi.fn(), vi.fn(), vi.fn()]
    signal.onabort = handler
    signal.addEventListener('abort', kept)
    signal.addEventListener('abort', removed)
    signal.removeEventListener('abort', removed)
    expect(signal.aborted).toBe(false)
    signal.abort()
    signal.abort()
    expect(signal.aborted).toBe(true)
    expect(kept).toHaveBeenCalledTimes(1)
    expect(handler).toHaveBeenCalledTimes(1)
    expect(removed).not.toHaveBeenCalled()
  })

  it('is handed as it is to a client over the SDK’s own handler', () => {
    const signal = new AttemptSignal()
    expect(signalFor(new KMSClient({ region: 'us-east-1' }), signal)).toBe(signal)
  })

  it('is a real AbortSignal for any other client, such as one over fetch', () => {
    const signal = new AttemptSignal()
    const client = new KMSClient({
      region: 'us-east-1',
      requestHandler: { handle: () => Promise.reject(new Error('not called')) },
    })
    const real = signalFor(client, signal)
    expect(real).toBeInstanceOf(AbortSignal)
    signal.abort()
    expect(real.aborted).toBe(true)
    expect(signalFor(client, signal).aborted).toBe(true)
  })
})
