import { describe, expect, it } from 'vitest'
import {
  ACTIVE,
  activeContext,
  BEACON,
  beaconContext,
  type Item,
  parseRow,
  toItem,
  versionContext,
} from '../src/keyStore/row.js'
import java from './data/javaKeyStore.json' with { type: 'json' }

/** The rows as DynamoDB's client returns them. */
const ROWS = (java.rows as unknown as Record<string, { S?: string; N?: string; B?: string }>[]).map(row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value.B === undefined ? value : { B: new Uint8Array(Buffer.from(value.B, 'base64')) },
    ]),
  ),
) as Item[]
const { logicalName } = java
const rowOf = (id: string, type: string) =>
  ROWS.find(row => row['branch-key-id']?.S === id && row.type?.S === type)!

describe('a row of the Java release', () => {
  it.each(ROWS.map(row => [row.type!.S, row] as const))('is read and written as it is: %s', (_, item) => {
    const { encryptionContext, encryptedKey } = parseRow(item, logicalName)
    expect(toItem(encryptionContext, encryptedKey)).toEqual(item)
  })

  it('has all of its attributes and the logical name as context, but not the key', () => {
    const { encryptionContext, version, createTime } = parseRow(rowOf('tenant-1', ACTIVE), logicalName)
    expect(encryptionContext).toEqual({
      'branch-key-id': 'tenant-1',
      type: 'branch:ACTIVE',
      version: `branch:version:${version}`,
      'kms-arn': 'arn:aws:kms:us-east-1:000000000000:key/mrk-0123456789abcdef0123456789abcdef',
      'create-time': createTime,
      'hierarchy-version': '1',
      'aws-crypto-ec:größe': 'é𝒳',
      'aws-crypto-ec:purpose': 'test',
      tablename: 'logical-key-store',
    })
    expect(createTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  })

  it('has the contexts that ours would have', () => {
    const active = parseRow(rowOf('tenant-1', ACTIVE), logicalName)
    const made = versionContext({
      branchKeyId: 'tenant-1',
      version: active.version!,
      createTime: active.createTime,
      kmsArn: active.kmsArn,
      logicalName,
      custom: { 'aws-crypto-ec:größe': 'é𝒳', 'aws-crypto-ec:purpose': 'test' },
    })
    const version = parseRow(rowOf('tenant-1', `branch:version:${active.version}`), logicalName)
    expect(made).toEqual(version.encryptionContext)
    expect(activeContext(made)).toEqual(active.encryptionContext)
    const beacon = parseRow(rowOf('tenant-1', BEACON), logicalName)
    // Made with the first version.
    expect({ ...beaconContext(made), 'create-time': beacon.createTime }).toEqual(beacon.encryptionContext)
    expect(beacon.version).toBeUndefined()
  })
})

describe('a row that is none', () => {
  const active = rowOf('tenant-1', ACTIVE)
  const without = (name: string) =>
    Object.fromEntries(Object.entries(active).filter(([other]) => other !== name))

  it.each([
    ['without a type', without('type')],
    ['without a branch key id', without('branch-key-id')],
    ['without a key', without('enc')],
    ['without an ARN', without('kms-arn')],
    ['without a time', without('create-time')],
    ['without a hierarchy version', without('hierarchy-version')],
    ['that is active and without a version', without('version')],
    ['whose version is no UUID', { ...active, version: { S: 'branch:version:1' } }],
    ['whose version has no prefix', { ...active, version: { S: '4d1a235e-0c6c-4b09-8eec-6f3ad4bb24a6' } }],
    ['of an unknown type', { ...active, type: { S: 'branch:OTHER' } }],
    ['of an unknown hierarchy version', { ...active, 'hierarchy-version': { N: '2' } }],
    ['with an empty key', { ...active, enc: { B: new Uint8Array() } }],
    ['with a key that is text', { ...active, enc: { S: 'AAAA' } }],
    ['with a number', { ...active, more: { N: '1' } }],
    ['with a map', { ...active, more: { M: {} } }],
    ['with an empty type', { ...active, type: { S: '' } }],
  ])('%s is refused', (_, item) => {
    expect(() => parseRow(item as Item, logicalName)).toThrow(
      expect.objectContaining({ code: 'BRANCH_KEY_REFUSED', permanent: true }),
    )
  })

  it('cannot bring a logical name of its own', () => {
    const { encryptionContext } = parseRow({ ...active, tablename: { S: 'other' } }, logicalName)
    expect(encryptionContext.tablename).toBe(logicalName)
  })

  it('has whatever it is named in its context, also __proto__', () => {
    const item = Object.fromEntries([...Object.entries(active), ['__proto__', { S: 'x' }]])
    const { encryptionContext } = parseRow(item, logicalName)
    expect(Object.entries(encryptionContext)).toContainEqual(['__proto__', 'x'])
  })
})
