import { describe, expect, it } from 'vitest'
import { MrkKeyring, MrkKeyringConfigError, type MrkKeyringOptions } from '../src/index.js'
import { arnIn, KEY_ID } from './scriptedRegions.js'

const OTHER = arnIn('us-west-2').replace(KEY_ID, 'mrk-ffffffffffffffffffffffffffffffff')

function refusal(options: MrkKeyringOptions): { code: string; message: string } {
  try {
    new MrkKeyring(options)
  } catch (error) {
    if (error instanceof MrkKeyringConfigError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('it was built')
}

describe('building a keyring', () => {
  it('takes the ARN of every replica', () => {
    const keyring = new MrkKeyring({ keyArns: [arnIn('us-east-1'), arnIn('us-west-2')] })
    expect(keyring.routes().map(({ arn }) => arn)).toEqual([arnIn('us-east-1'), arnIn('us-west-2')])
  })

  it('takes one ARN and the regions', () => {
    const keyring = new MrkKeyring({ keyArns: [arnIn('us-east-1')], regions: ['eu-west-1', 'us-west-2'] })
    expect(keyring.routes().map(({ arn }) => arn)).toEqual([arnIn('eu-west-1'), arnIn('us-west-2')])
  })

  it('takes one ARN alone, and an own region without a replica', () => {
    const keyring = new MrkKeyring({ keyArns: [arnIn('us-east-1')], region: 'eu-central-1' })
    expect(keyring.routes()).toMatchObject([{ region: 'us-east-1' }])
  })

  it.each([
    ['no ARN', { keyArns: [] }, 'NO_KEY', /one ARN together with regions/],
    ['an alias', { keyArns: ['alias/customers'] }, 'NOT_A_KEY_ARN', /discover/],
    [
      'an alias ARN',
      { keyArns: ['arn:aws:kms:us-east-1:111122223333:alias/customers'] },
      'NOT_A_KEY_ARN',
      /discover/,
    ],
    ['a key id', { keyArns: [KEY_ID] }, 'NOT_A_KEY_ARN', /whole ARN/],
    [
      'a single-Region key',
      { keyArns: ['arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'] },
      'NOT_MULTI_REGION',
      /KmsKeyringNode/,
    ],
    [
      'another service',
      { keyArns: ['arn:aws:s3:us-east-1:111122223333:key/mrk-1'] },
      'MALFORMED_ARN',
      /arn:aws:kms/,
    ],
    ['no region', { keyArns: ['arn:aws:kms::111122223333:key/mrk-1'] }, 'MALFORMED_ARN', /arn:aws:kms/],
    ['a tail', { keyArns: [`${arnIn('us-east-1')}:tail`] }, 'MALFORMED_ARN', /arn:aws:kms/],
    ['an empty string', { keyArns: [''] }, 'MALFORMED_ARN', /arn:aws:kms/],
    ['two keys', { keyArns: [arnIn('us-east-1'), OTHER] }, 'DIFFERENT_KEYS', /MultiKeyringNode/],
    [
      'a region twice',
      { keyArns: [arnIn('us-east-1'), arnIn('us-east-1')] },
      'DUPLICATE_REGION',
      /us-east-1/,
    ],
    [
      'a region twice in regions',
      { keyArns: [arnIn('us-east-1')], regions: ['us-west-2', 'us-west-2'] },
      'DUPLICATE_REGION',
      /us-west-2/,
    ],
    ['no regions', { keyArns: [arnIn('us-east-1')], regions: [] }, 'BAD_OPTION', /regions/],
    [
      'several ARNs and regions',
      { keyArns: [arnIn('us-east-1'), arnIn('us-west-2')], regions: ['us-east-1'] },
      'BAD_OPTION',
      /regions/,
    ],
    ['a timeout of 0', { keyArns: [arnIn('us-east-1')], timeout: 0 }, 'BAD_OPTION', /timeout/],
    [
      'a timeout that is none',
      { keyArns: [arnIn('us-east-1')], attemptTimeout: Number.NaN },
      'BAD_OPTION',
      /attemptTimeout/,
    ],
    ['a budget above 1', { keyArns: [arnIn('us-east-1')], hedge: { budget: 2 } }, 'BAD_OPTION', /budget/],
  ] satisfies [string, MrkKeyringOptions, string, RegExp][])(
    'refuses %s, with the way out',
    (_, options, code, wayOut) => {
      const refused = refusal(options)
      expect(refused.code).toBe(code)
      expect(refused.message).toMatch(wayOut)
    },
  )
})
