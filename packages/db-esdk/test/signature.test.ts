import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { expect, it } from 'vitest'
import { isSignatureOf, pointOf, SIGNATURE_BYTES, Signer } from '../src/signature.js'

const SPKI = Buffer.from('3046301006072a8648ce3d020106052b81040022033200', 'hex')

it('every signature is of 103 bytes, and one to OpenSSL', () => {
  for (let round = 0; round < 40; round++) {
    const signer = new Signer()
    const digest = randomBytes(48)
    const signature = signer.sign(digest)
    expect(signature.length).toBe(SIGNATURE_BYTES)
    const point = pointOf(signer.publicKey)!
    const key = createPublicKey({ key: Buffer.concat([SPKI, point]), format: 'der', type: 'spki' })
    expect(verify('sha384', digest, key, signature)).toBe(true)
    expect(isSignatureOf(digest, signature, point)).toBe(true)
    expect(isSignatureOf(randomBytes(48), signature, point)).toBe(false)
  }
})

it('what is no point, and no signature, verifies nothing', () => {
  const signer = new Signer()
  const digest = randomBytes(48)
  const signature = signer.sign(digest)
  const point = pointOf(signer.publicKey)!
  expect(isSignatureOf(digest, Buffer.alloc(103), point)).toBe(false)
  expect(isSignatureOf(digest, signature, Buffer.alloc(49, 2))).toBe(false)
  for (const text of [
    undefined,
    '',
    'x',
    `${signer.publicKey}A`,
    signer.publicKey.replace(/.$/, ' '),
    Buffer.alloc(48).toString('base64'),
  ])
    expect(pointOf(text)).toBeUndefined()
})
