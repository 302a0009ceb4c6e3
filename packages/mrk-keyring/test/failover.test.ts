// What the own region cannot do, the next one does.
import { MultiKeyringNode } from '@aws-crypto/client-node'
import { DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms'
import { describe, expect, it, vi } from 'vitest'
import { decrypt, encrypt, encryptionContext, key, keyring, message, SECRET } from './faultyRegions.js'
import { ManualClock } from './manualClock.js'

describe.each([
  ['hangs', { kind: 'hang' }],
  ['refuses connections', { kind: 'refuse' }],
  ['fails', { kind: 'error', error: 'KMSInternalException' }],
  ['cannot reach its key', { kind: 'error', error: 'KeyUnavailableException' }],
  ['throttles', { kind: 'throttle', share: 1 }],
  ['denies', { kind: 'error', error: 'AccessDeniedException' }],
  ['has no replica', { kind: 'error', error: 'NotFoundException' }],
] as const)('when the own region %s', (_, fault) => {
  const clock = new ManualClock()

  async function withFault<T>(operation: string, call: () => Promise<T>): Promise<T> {
    const heal = key.cloud.fault({ region: 'us-east-1', service: 'kms', ...fault })
    const result = call()
    if (fault.kind === 'hang') {
      await vi.waitUntil(() => key.asked(operation).length > 0, { timeout: 30_000 })
      await clock.advance(1_000)
    }
    return result.finally(heal)
  }

  it('decrypts in the next one', async () => {
    const { plaintext } = await withFault('Decrypt', () => decrypt(keyring({ clock, hedge: false }), message))
    expect(plaintext.toString()).toBe(SECRET)
    expect(key.asked('Decrypt')).toEqual(['us-east-1', 'us-west-2'])
  })

  it('encrypts in the next one', async () => {
    const { result } = await withFault('GenerateDataKey', () =>
      encrypt(keyring({ clock, hedge: false }), SECRET, { encryptionContext }),
    )
    expect(key.asked('GenerateDataKey')).toEqual(['us-east-1', 'us-west-2'])
    expect((await decrypt(keyring(), result)).plaintext.toString()).toBe(SECRET)
  })

  it('wraps a data key of another keyring in the next one', async () => {
    const both = new MultiKeyringNode({
      generator: keyring({ keyArns: [key.arnIn('eu-west-1')] }),
      children: [keyring({ clock, hedge: false })],
    })
    const { messageHeader } = await withFault('Encrypt', () => encrypt(both, SECRET, { encryptionContext }))
    expect(key.asked('Encrypt')).toEqual(['us-east-1', 'us-west-2'])
    expect(messageHeader.encryptedDataKeys[1]!.providerInfo).toBe(key.arnIn('us-west-2'))
  })
})

describe('a disabled replica', () => {
  it('is passed over, and used again once enabled', async () => {
    const admin = key.client('us-east-1')
    await admin.send(new DisableKeyCommand({ KeyId: key.arnIn('us-east-1') }))
    const ours = keyring()
    try {
      expect((await decrypt(ours, message)).plaintext.toString()).toBe(SECRET)
      expect(key.asked('Decrypt')).toEqual(['us-east-1', 'us-west-2'])
    } finally {
      await admin.send(new EnableKeyCommand({ KeyId: key.arnIn('us-east-1') }))
    }
  })
})
