import { KMS } from '@aws-sdk/client-kms'
import { BranchKeyring } from '@dynaseal/branch-keyring'
import { combineKeyrings } from '@dynaseal/core'
import { type DbEsdkFormatOptions, dbEsdkFormat } from '@dynaseal/db-esdk'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { expect, it } from 'vitest'
import type { Target } from '../src/api.js'
import { renderEstimate } from '../src/engine/renderJob.js'
import { kmsCallsPerItem } from '../src/keys/kmsCallsPerItem.js'

const keyArns = ['arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab']
const kms = new MrkKeyring({ keyArns, client: region => new KMS({ region }) })
const branch = new BranchKeyring({ keyArns, keyStore: { tableName: 'keys' }, branchKeyId: 'acme' })
const calls = (keyring: DbEsdkFormatOptions['keyring']) =>
  [false, true].map(opens =>
    kmsCallsPerItem({ format: dbEsdkFormat({ keyring }) } as Partial<Target> as Target, opens),
  )

it.each<[string, DbEsdkFormatOptions['keyring'], number[]]>([
  ['a KMS key', kms, [1, 2]],
  ['a branch key', branch, [0, 0]],
  ['both', [kms, branch], [1, 2]],
  ['two', [kms, kms], [2, 3]],
  ['a function', () => kms, [1, 2]],
  ['a way from a KMS key to a branch key', combineKeyrings({ sealWith: branch, openWith: [kms] }), [0, 1]],
])('an item under %s takes calls to KMS', (_, keyring, expected) => {
  expect(calls(keyring)).toEqual(expected)
})

it('the estimate has them, and what they cost', () => {
  const size = { items: 1_000_000, bytes: 1_000_000_000, regions: 1, isOnDemand: true }
  const estimate = (kmsCallsEach: number) =>
    renderEstimate(size, { share: 1, apply: true, opens: true, kmsCallsEach }, 80).replaceAll('\n', ' ')
  expect(estimate(2)).toContain(
    'at most about 2,000,000 calls to KMS, since each item has a data key of its own',
  )
  expect(estimate(0)).toContain('1 call to KMS for each encryption context, and one for each data key')
  const dollars = (text: string) => Number(/\$([\d.,]+) on demand/.exec(text)![1]!.replaceAll(',', ''))
  expect(dollars(estimate(2)) - dollars(estimate(0))).toBeCloseTo(6, 1)
})
