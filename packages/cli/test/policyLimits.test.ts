import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { BranchKeyring } from '@dynaseal/branch-keyring'
import { createBeacons } from '@dynaseal/db-esdk'
import { sealDocumentClient } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { describe, expect, it } from 'vitest'
import {
  cdkOf,
  type PolicyDocument,
  policiesOf,
  policyWarnings,
  projectOf,
  splitPolicy,
  terraformOf,
} from '../src/api.js'
import { dynaseal, folder, unfit } from './support/command.js'

const REGIONS = ['us-east-1', 'us-west-2']
const ARNS = REGIONS.map(
  region => `arn:aws:kms:${region}:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab`,
)

/** Clients that know so many tables. Nothing is sent to anybody. */
function projectWith(tables: number, { name = 'table', pairs = {} }: { name?: string; pairs?: object } = {}) {
  const clients = REGIONS.map(region => {
    const keyring = new MrkKeyring({ keyArns: ARNS, region })
    const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region }))
    const client = sealDocumentClient(documents, { keyring, encryptionContext: { ...pairs } })
    for (let i = 0; i < tables; i++)
      client.declare({ table: `${name}-${i}`, key: ['id'], encrypted: ['ssn'] })
    return client
  })
  return projectOf({ clients })
}

it('what AWS takes has no warning', async () => {
  expect(policyWarnings(await policiesOf(await projectWith(3)))).toEqual([])
})

it('a policy of more than 6,144 characters takes several, and still fits inline up to 10,240', async () => {
  const policies = await policiesOf(await projectWith(25))
  const size = JSON.stringify(policies.roles.readers).length
  expect(size).toBeGreaterThan(6144)
  expect(size).toBeLessThan(10_240)
  expect(policyWarnings(policies, 'readers')).toEqual([
    expect.stringMatching(
      /^The policy of readers has \d,\d+ characters, .*6,144 at most\. It takes 2 of them, .* Or it fits as an inline/,
    ),
  ])
  const [beyond] = policyWarnings(await policiesOf(await projectWith(60)), 'readers')
  expect(beyond).not.toContain('inline')
  expect(beyond).not.toContain('--table')
  const [many] = policyWarnings(await policiesOf(await projectWith(600)), 'readers')
  expect(many).toContain('A role has 10, and more on request; or print it for some of the tables (--table)')
})

/** Each thing that a policy allows by itself. */
function grantsOf({ Statement }: PolicyDocument): Set<string> {
  const each = (lists: readonly (readonly string[])[]): string[][] =>
    lists.reduce<string[][]>((all, list) => all.flatMap(one => list.map(value => [...one, value])), [[]])
  return new Set(
    Statement.flatMap(({ Action, Resource, Condition = {} }) => {
      const keys = Object.entries(Condition).flatMap(([operator, of]) =>
        Object.entries(of).map(([key, values]) => values.map(value => `${operator} ${key} ${value}`)),
      )
      return each([Action, Resource, ...keys]).map(one => JSON.stringify(one))
    }),
  )
}

describe('a long policy in parts', () => {
  it.each([1, 25, 60, 300])('of %i tables allows what it allows, and each part fits', async tables => {
    const { roles } = await policiesOf(await projectWith(tables), { checkpointTable: 'checkpoints' })
    for (const policy of Object.values(roles)) {
      const parts = splitPolicy(policy)
      if (tables === 1) expect(parts).toEqual([policy])
      if (tables >= 60) expect(parts.length).toBeGreaterThan(1)
      expect(parts.filter(part => JSON.stringify(part).length > 6144)).toEqual([])
      for (const { Statement } of parts)
        expect(new Set(Statement.map(({ Sid }) => Sid)).size).toBe(Statement.length)
      expect(new Set(parts.flatMap(part => [...grantsOf(part)]))).toEqual(grantsOf(policy))
    }
  })

  it('is no longer than it has to be: the limit is one to the character', async () => {
    const { roles } = await policiesOf(await projectWith(3))
    const size = JSON.stringify(roles.readers).length
    expect(splitPolicy(roles.readers, size)).toEqual([roles.readers])
    const parts = splitPolicy(roles.readers, size - 1)
    expect(parts).toHaveLength(2)
    expect(new Set(parts.flatMap(part => [...grantsOf(part)]))).toEqual(grantsOf(roles.readers))
  })

  it('what cannot be taken apart is said', async () => {
    const policies = await policiesOf(await projectWith(1, { pairs: { tenant: 'x'.repeat(6100) } }))
    expect(policyWarnings(policies, 'readers')).toEqual([
      expect.stringMatching(/Its longest statement alone makes 6,\d+, .* shorter ones\.$/),
    ])
  })

  it('is one resource each in Terraform, and one document each in CDK', async () => {
    const policies = await policiesOf(await projectWith(60))
    const count = (text: string, pattern: RegExp) => text.match(pattern)?.length
    const parts = splitPolicy(policies.roles.readers).length
    expect(count(terraformOf(policies), /^resource "aws_iam_policy" "dynaseal_readers\d*"/gm)).toBe(parts)
    expect(count(terraformOf(policies), /^data "aws_iam_policy_document" "dynaseal_readers\d*"/gm)).toBe(
      parts,
    )
    expect(count(cdkOf(policies), /^export const readers\d* = new iam.PolicyDocument/gm)).toBe(parts)
  })
})

it('each limit is one: to the character', async () => {
  const { roles, keys } = await policiesOf(await projectWith(1))
  const padded = (policy: (typeof roles)['readers'], size: number) => {
    const [first] = policy.Statement
    const missing = size - JSON.stringify({ ...policy, Statement: [first] }).length
    return { ...policy, Statement: [{ ...first!, Sid: first!.Sid + 'x'.repeat(missing) }] }
  }
  const sized = (size: number) =>
    policyWarnings({ roles: { ...roles, readers: padded(roles.readers, size) }, keys })
  expect(sized(6144)).toEqual([])
  expect(sized(6145)).toHaveLength(1)
  const ofKey = (size: number) =>
    policyWarnings({ roles, keys: [{ ...keys[0]!, policy: padded(keys[0]!.policy, size) }] })
  expect(ofKey(32_768)).toEqual([])
  expect(ofKey(32_769)).toEqual([
    expect.stringContaining('has 32,769 bytes without white space, and KMS takes 32,768'),
  ])
})

it('for some of the tables it is shorter, and the policies of keys stay those of all', async () => {
  const project = await projectWith(60)
  const all = await policiesOf(project)
  const some = await policiesOf(project, { tables: ['table-1', 'table-7'] })
  expect(policyWarnings(some)).toEqual([])
  const tables = some.roles.readers.Statement.flatMap(({ Resource }) => Resource).filter(one =>
    /table-/.test(one),
  )
  expect(new Set(tables.map(arn => arn.split('/')[1]))).toEqual(new Set(['table-1', 'table-7']))
  const [open] = some.roles.readers.Statement.filter(({ Sid }) => Sid === 'OpenFields')
  expect(open!.Condition!.StringEquals).toEqual({
    'kms:EncryptionContext:dynaseal:table': ['table-1', 'table-7'],
  })
  expect(some.keys).toEqual(all.keys)
  await expect(policiesOf(project, { tables: ['nobody'] })).rejects.toThrow('knows no table nobody')
})

it('of tables without search tokens, nobody opens or makes search keys or beacon keys', async () => {
  const keyring = new BranchKeyring({
    keyArns: ARNS,
    branchKeyId: 'acme',
    keyStore: { tableName: 'branch-keys', regions: REGIONS },
  })
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: REGIONS[0]! }))
  const client = sealDocumentClient(documents, {
    keyring: new MrkKeyring({ keyArns: ARNS, region: REGIONS[0]! }),
    search: createBeacons({ keyring, branchKeyId: 'acme' }),
  })
  client.declare({ table: 'plain', key: ['id'], encrypted: ['ssn'] })
  client.declare({
    table: 'found',
    key: ['id'],
    encrypted: ['ssn'],
    tokens: { aws_dbe_b_ssn: { of: 'ssn', bits: 32 } },
  })
  const project = await projectOf({ clients: client })
  const sidsOf = async (table: string) => {
    const { roles } = await policiesOf(project, { tables: [table] })
    return Object.values(roles).flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid))
  }
  expect(await sidsOf('found')).toEqual(expect.arrayContaining(['OpenBeaconKeys', 'ReadBranchKeys']))
  const plain = await sidsOf('plain')
  expect(plain.filter(sid => /Beacon|Search|Branch/.test(sid))).toEqual([])
})

it('what no policy may have is said', async () => {
  const policies = await policiesOf(await projectWith(1, { pairs: { tenant: 'Łódź' } }))
  expect(policyWarnings(policies)).toEqual(
    ['readers', 'writers', 'operators', 'key mrk-1234abcd12ab34cd56ef1234567890ab'].map(whose =>
      expect.stringContaining(`The policy of ${whose} has characters beyond U+00FF`),
    ),
  )
  expect(policyWarnings(await policiesOf(await projectWith(1, { pairs: { tenant: 'Bødø' } })))).toEqual([])
})

it('a checkpoint table is a name, and a thing of operators alone', async () => {
  const project = await projectWith(1)
  const { roles } = await policiesOf(project, { checkpointTable: 'checkpoints' })
  const keeping = roles.operators.Statement.filter(({ Sid }) => Sid === 'KeepCheckpoints')
  expect(keeping).toMatchObject([
    { Resource: REGIONS.map(region => `arn:aws:dynamodb:${region}:111122223333:table/checkpoints`) },
  ])
  expect(JSON.stringify([roles.readers, roles.writers])).not.toContain('checkpoints')
  for (const checkpointTable of ['*', 'a/b', 'x'])
    await expect(policiesOf(project, { checkpointTable })).rejects.toThrow('is no name of a table')
})

it('the command notes it on standard error, and prints the policy all the same', async () => {
  const config = `
    import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
    import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
    import { sealDocumentClient } from '@dynaseal/document-client'
    import { MrkKeyring } from '@dynaseal/mrk-keyring'
    const region = 'us-east-1'
    const keyring = new MrkKeyring({ keyArns: ${JSON.stringify(ARNS)}, region })
    const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient({ region })), { keyring })
    for (let i = 0; i < 60; i++) client.declare({ table: 'table-' + i, key: ['id'], encrypted: ['ssn'] })
    export default { clients: client }
  `
  const { path: cwd, remove } = folder({ 'dynaseal.config.mjs': config })
  const long = await dynaseal(['policy', 'readers'], { cwd })
  const parts = [1, 2, 3].map(part => ['policy', 'readers', '--part', String(part)])
  const printed = await Promise.all(parts.map(args => dynaseal(args, { cwd })))
  const all = await dynaseal(['policy', '--part', '1'], { cwd })
  const short = await dynaseal(
    ['policy', 'operators', '--table', 'table-3', '--checkpoint-table', 'checkpoints'],
    { cwd },
  )
  remove()
  expect([long.code, long.note.replaceAll('\n', ' ')]).toEqual([
    0,
    expect.stringMatching(/^The policy of readers has [\d,]+ characters/),
  ])
  expect(long.note).not.toContain('writers')
  expect(unfit(long.note)).toEqual([])
  const whole = JSON.parse(long.out)
  expect(whole.Statement).not.toEqual([])
  expect(printed.map(({ code, note }) => [code, note])).toEqual([
    [0, ''],
    [0, ''],
    [2, expect.stringContaining('The policy takes 2: there is no --part 3.')],
  ])
  expect(printed.slice(0, 2).map(({ out }) => JSON.parse(out))).toEqual(splitPolicy(whole))
  expect([all.code, all.note]).toEqual([2, expect.stringContaining('--part is of the policy of one of')])
  expect([short.code, short.note]).toEqual([0, ''])
  expect(short.out).toContain('table/checkpoints')
})
