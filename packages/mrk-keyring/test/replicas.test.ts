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

/** One row for each value that an option does not take. */
function bad(option: string, values: unknown[], message: RegExp) {
  return values.map((value): [string, MrkKeyringOptions, string, RegExp] => [
    `${option}: ${JSON.stringify(value) ?? value}`,
    { keyArns: [arnIn('us-east-1')], [option]: value } as MrkKeyringOptions,
    'BAD_OPTION',
    message,
  ])
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
    [
      'a newline at the end',
      { keyArns: [`${arnIn('us-east-1')}\n`] },
      'MALFORMED_ARN',
      /keyArns\[0\].*white space/,
    ],
    ['a space before', { keyArns: [` ${arnIn('us-east-1')}`] }, 'MALFORMED_ARN', /white space/],
    ['any region', { keyArns: [arnIn('*')] }, 'MALFORMED_ARN', /"\*" is no region/],
    [
      'an account of one digit',
      { keyArns: [arnIn('us-east-1').replace('111122223333', '1')] },
      'MALFORMED_ARN',
      /12 digits/,
    ],
    [
      'an unknown partition',
      { keyArns: [arnIn('us-east-1').replace(':aws:', ':gcp:')] },
      'MALFORMED_ARN',
      /partition/,
    ],
    [
      'a pattern for a key',
      { keyArns: [arnIn('us-east-1').replace(KEY_ID, 'mrk-*')] },
      'MALFORMED_ARN',
      /key\//,
    ],
    [
      'a text for an array',
      { keyArns: arnIn('us-east-1') as never },
      'BAD_OPTION',
      /keyArns is a string: .*array/,
    ],
    ['an ARN that is none', { keyArns: [undefined as never] }, 'MALFORMED_ARN', /keyArns\[0\] is undefined/],
    ['a hole', { keyArns: new Array(1) }, 'MALFORMED_ARN', /keyArns\[0\] is undefined/],
    ['no keyArns', {} as never, 'NO_KEY', /not given/],
    ['no options', undefined as never, 'BAD_OPTION', /an object/],
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
    [
      'a text for regions',
      { keyArns: [arnIn('us-east-1')], regions: 'us-east-1' as never },
      'BAD_OPTION',
      /regions is "us-east-1": give an array/,
    ],
    [
      'a region that is none',
      { keyArns: [arnIn('us-east-1')], regions: ['us-west-2', 'us-west-2 '] },
      'BAD_OPTION',
      /regions\[1\] is "us-west-2 "/,
    ],
    ['a timeout of 0', { keyArns: [arnIn('us-east-1')], timeout: 0 }, 'BAD_OPTION', /timeout/],
    [
      'a timeout that is none',
      { keyArns: [arnIn('us-east-1')], attemptTimeout: Number.NaN },
      'BAD_OPTION',
      /attemptTimeout/,
    ],
    ...bad('region', ['*', 'us-east-1 ', 1], /region is/),
    ...bad('client', [{}, 'us-east-1'], /function that makes the KMS client/),
    ...bad('attemptTimeout', ['1000', -1, 2 ** 31, Number.POSITIVE_INFINITY], /milliseconds/),
    ...bad('timeout', ['1000', null, 2 ** 31], /milliseconds/),
    ...bad(
      'grantTokens',
      ['a token', [1], ['']],
      /^grantTokens is no array of texts: give those that CreateGrant returned$/,
    ),
    ...bad(
      'hedge',
      [true, null, 30, { min: 0 }, { max: 2 ** 31 }, { budget: '0.1' }, { share: 1 }],
      /^hedge/,
    ),
    ...bad('breaker', [false, null, { failures: 1.5 }, { probeInterval: -1 }, { threshold: 5 }], /^breaker/),
    ...bad('clock', [Date, {}, null], /functions now and after/),
    ...bad('random', [0.5], /function that returns a number/),
    ...bad('keyArn', [arnIn('us-east-1')], /has no option keyArn: its options are .*keyArns/),
    ['a budget above 1', { keyArns: [arnIn('us-east-1')], hedge: { budget: 2 } }, 'BAD_OPTION', /budget/],
  ] satisfies [string, MrkKeyringOptions, string, RegExp][])(
    'refuses %s, with the way out',
    (_, options, code, wayOut) => {
      const refused = refusal(options)
      expect(refused.code).toBe(code)
      expect(refused.message).toMatch(wayOut)
    },
  )

  it.each(['eu-west-1', 'us-gov-west-1', 'us-isob-east-1', 'eusc-de-east-1', 'ap-southeast-10'])(
    'takes a key in %s',
    region => {
      const partition = region.startsWith('us-gov')
        ? 'aws-us-gov'
        : region.startsWith('eusc')
          ? 'aws-eusc'
          : 'aws'
      const arn = arnIn(region).replace(':aws:', `:${partition}:`)
      expect(new MrkKeyring({ keyArns: [arn] }).routes()).toMatchObject([{ region, arn }])
    },
  )
})
