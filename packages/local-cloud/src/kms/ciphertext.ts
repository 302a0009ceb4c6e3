import { createCipheriv, createDecipheriv } from 'node:crypto'
import { kmsErrors } from './errors.js'
import type { KeyMaterial } from './key.js'
import { MULTI_REGION_ID } from './keyIds.js'
import type { EncryptionContext } from './parameters.js'
import { random } from './random.js'

/*
 * A format of our own: AWS's is secret. Like AWS's it is opaque, starts with the bytes that make base64
 * "AQIDAHg", names its key without naming a region, and is 184 bytes long for a 32-byte data key.
 *
 *   5  prefix
 *   1  1 for a multi-Region key, 0 for a single-Region one
 *  16  key id
 *  32  id of the key material, so that it still opens after a rotation
 *  12  IV
 *  70  random; only to arrive at 184
 *   n  AES-256-GCM ciphertext
 *  16  tag, over everything before it and the encryption context
 */
const PREFIX = Buffer.from([0x01, 0x02, 0x03, 0x00, 0x78])
const KEY_ID_END = PREFIX.length + 1 + 16
const MATERIAL_ID_END = KEY_ID_END + 32
const IV_END = MATERIAL_ID_END + 12
const HEADER_LENGTH = IV_END + 70
const TAG_LENGTH = 16

/** The longest ciphertext that KMS takes (AWS KMS API reference, Decrypt). */
export const MAX_CIPHERTEXT_BYTES = 6144

export interface ParsedCiphertext {
  readonly keyId: string
  readonly materialId: string
  readonly header: Buffer
  readonly body: Buffer
  readonly tag: Buffer
}

export function sealCiphertext(
  keyId: string,
  material: KeyMaterial,
  plaintext: Buffer,
  context: EncryptionContext,
): Buffer {
  const header = Buffer.concat([
    PREFIX,
    Buffer.from([MULTI_REGION_ID.test(keyId) ? 1 : 0]),
    Buffer.from(keyId.replace('mrk-', '').replaceAll('-', ''), 'hex'),
    Buffer.from(material.id, 'hex'),
    random(HEADER_LENGTH - MATERIAL_ID_END),
  ])
  const cipher = createCipheriv('aes-256-gcm', material.secret, ivOf(header)).setAAD(
    authenticated(header, context),
  )
  return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Throws InvalidCiphertextException for bytes that we did not make. */
export function parseCiphertext(blob: Buffer): ParsedCiphertext {
  if (blob.length <= HEADER_LENGTH + TAG_LENGTH || !blob.subarray(0, PREFIX.length).equals(PREFIX))
    throw kmsErrors.invalidCiphertext()
  const hex = blob.subarray(PREFIX.length + 1, KEY_ID_END).toString('hex')
  return {
    keyId:
      blob[PREFIX.length] === 1 ? `mrk-${hex}` : hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    materialId: blob.subarray(KEY_ID_END, MATERIAL_ID_END).toString('hex'),
    header: blob.subarray(0, HEADER_LENGTH),
    body: blob.subarray(HEADER_LENGTH, -TAG_LENGTH),
    tag: blob.subarray(-TAG_LENGTH),
  }
}

/** Throws InvalidCiphertextException when a bit or the encryption context differs. */
export function openCiphertext(
  ciphertext: ParsedCiphertext,
  materials: readonly KeyMaterial[],
  context: EncryptionContext,
): Buffer {
  const material = materials.find(({ id }) => id === ciphertext.materialId)
  if (material === undefined) throw kmsErrors.invalidCiphertext()
  const decipher = createDecipheriv('aes-256-gcm', material.secret, ivOf(ciphertext.header), {
    authTagLength: TAG_LENGTH,
  })
    .setAAD(authenticated(ciphertext.header, context))
    .setAuthTag(ciphertext.tag)
  try {
    return Buffer.concat([decipher.update(ciphertext.body), decipher.final()])
  } catch {
    throw kmsErrors.invalidCiphertext()
  }
}

function ivOf(header: Buffer): Buffer {
  return header.subarray(MATERIAL_ID_END, IV_END)
}

/** The order of an encryption context's pairs does not matter, as on AWS. */
function authenticated(header: Buffer, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs))])
}
