import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parse } from '@cdktf/hcl2json'
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { type PolicyDocument as CdkDocument, ManagedPolicy } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { createJiti } from 'jiti'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Policies, type PolicyDocument, policiesOf, projectOf, type Statement } from '../src/api.js'
import { configText, createWorld, EAST, WEST, type World } from './support/cloud.js'
import { dynaseal, folder, unfit } from './support/command.js'

let world: World
let cwd: string
let made: ReturnType<typeof folder>
let policies: Policies

/** What a careless writer of text would spoil. */
const TENANT = `a"b'c\\d\\b$${'{e}'}%{f}\n\t\b\u2028é*`

beforeAll(async () => {
  world = await createWorld()
  const encryptionContext = { tenant: TENANT, plain: 'x' }
  const options = `encryptionContext: ${JSON.stringify(encryptionContext)}`
  made = folder({ 'dynaseal.config.ts': configText(world, options) })
  cwd = made.path
  policies = await policiesOf(await world.project({ encryptionContext }))
})
afterAll(async () => {
  made.remove()
  await world.stop()
})

/** Lists and single values are one thing to IAM, and their order is none. */
function normal({ Version, Statement: statements }: PolicyDocument): unknown {
  const list = (value: unknown) => [value].flat().sort()
  return {
    Version,
    Statement: statements.map(({ Condition = {}, Action, Resource, ...rest }) => ({
      ...rest,
      Action: list(Action),
      Resource: list(Resource),
      Condition: Object.fromEntries(
        Object.entries(Condition).map(([operator, keys]) => [
          operator,
          Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, list(value)])),
        ]),
      ),
    })),
  }
}

describe('as JSON', () => {
  it.each(['readers', 'writers', 'operators'] as const)('%s: a document that IAM takes', async role => {
    const { code, out, note } = await dynaseal(['policy', role], { cwd })
    // Of the tenant's name.
    expect([code, note]).toEqual([0, expect.stringContaining('has characters beyond U+00FF')])
    const policy = JSON.parse(out)
    expect(policy).toEqual(policies.roles[role])
    expect(await faultsOf({ identity: policy })).toBeUndefined()
    // The most that a managed policy has, without white space (IAM user guide, "IAM and AWS STS quotas").
    expect(JSON.stringify(policy).length).toBeLessThan(6144)
  })

  it('keys: a document for each key that KMS takes', async () => {
    const { code, out } = await dynaseal(['policy', 'keys'], { cwd })
    const [key, ...more] = JSON.parse(out)
    expect([code, more]).toEqual([0, []])
    expect(key.replicas.map(({ region }: { region: string }) => region)).toEqual([EAST, WEST])
    expect(await faultsOf({ resource: key.policy })).toBeUndefined()
  })

  it('all of them, for one region or for all', async () => {
    const all = JSON.parse((await dynaseal(['policy', '--json'], { cwd })).out)
    expect(all).toEqual(policies)
    const one = JSON.parse((await dynaseal(['policy', '--region', WEST], { cwd })).out)
    const tables = (of: Policies) => of.roles.writers.Statement[0]!.Resource
    expect(tables(all)).toEqual(
      [EAST, WEST].map(region => `arn:aws:dynamodb:${region}:000000000000:table/users`),
    )
    expect(tables(one)).toEqual([`arn:aws:dynamodb:${WEST}:000000000000:table/users`])
    // Each replica may have to stand in.
    expect(one.roles.writers.Statement[1].Resource).toEqual([...world.keyArns].sort())
  })

  it('that is wrong would be noticed', async () => {
    const [first] = policies.roles.readers.Statement
    const broken = { Version: '2012-10-17', Statement: [{ ...first, Action: 'Read' }] }
    expect(await faultsOf({ identity: broken })).toBeDefined()
  })
})

/** What a validator of policies finds. */
async function faultsOf({
  identity,
  resource,
}: {
  identity?: unknown
  resource?: unknown
}): Promise<unknown> {
  const result = await runSimulation(
    {
      request: {
        principal: 'arn:aws:iam::000000000000:user/somebody',
        action: 'kms:Decrypt',
        resource: { resource: world.keyArns[0]!, accountId: '000000000000' },
        contextVariables: {},
      },
      identityPolicies: identity === undefined ? [] : [{ name: 'policy', policy: identity }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: resource,
    },
    {},
  )
  return result.resultType === 'error' ? result.errors : undefined
}

interface CdkModule {
  readonly readers: CdkDocument
  readonly writers: CdkDocument
  readonly operators: CdkDocument
  readonly keyPolicies: Readonly<Record<string, CdkDocument>>
}

describe('as CDK', () => {
  it('compiles, and is synthesized to the same documents', { timeout: 120_000 }, async () => {
    const { code, out } = await dynaseal(['policy', '--as', 'cdk'], { cwd })
    expect(code).toBe(0)
    const { path, remove } = folder({ 'policies.ts': out })
    const file = join(path, 'policies.ts')
    const tsc = join(import.meta.dirname, '../../../node_modules/typescript/bin/tsc')
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--skipLibCheck',
      '--target',
      'es2023',
    ]
    const { stdout } = spawnSync(process.execPath, [tsc, ...options, file], { encoding: 'utf8' })
    expect(stdout).toBe('')
    const { readers, writers, operators, keyPolicies } = await createJiti(file).import<CdkModule>(file)
    remove()
    const stack = new Stack(new App(), 'Stack')
    for (const [id, document] of Object.entries({ readers, writers, operators }))
      new ManagedPolicy(stack, id, { document })
    for (const [id, policy] of Object.entries(keyPolicies)) new Key(stack, id, { policy })
    const template = Template.fromStack(stack)
    const documents = (type: string, property: string) =>
      Object.entries(template.findResources(type)).map(([name, { Properties }]) => [
        name,
        normal(Properties[property]),
      ])
    expect(documents('AWS::IAM::ManagedPolicy', 'PolicyDocument').map(([, policy]) => policy)).toEqual(
      [policies.roles.readers, policies.roles.writers, policies.roles.operators].map(normal),
    )
    expect(documents('AWS::KMS::Key', 'KeyPolicy').map(([, policy]) => policy)).toEqual(
      policies.keys.map(({ policy }) => normal(policy)),
    )
    expect(Object.keys(keyPolicies)).toEqual(policies.keys.map(({ id }) => id))
  })
})

interface HclStatement {
  readonly sid: string
  readonly effect: 'Allow'
  readonly actions: string[]
  readonly resources: string[]
  readonly principals?: { readonly type: string; readonly identifiers: string[] }[]
  readonly condition?: { readonly test: string; readonly variable: string; readonly values: string[] }[]
}

describe('as Terraform', () => {
  it('is parsed to the same documents, which the resources have', async () => {
    const { code, out } = await dynaseal(['policy', '--as', 'terraform'], { cwd })
    expect(code).toBe(0)
    const { data, resource } = await parse('policies.tf', out)
    const documents = Object.fromEntries(
      Object.entries(data.aws_iam_policy_document as Record<string, [{ statement: HclStatement[] }]>).map(
        ([name, [{ statement }]]) => [name, normal(documentOf(statement))],
      ),
    )
    const [key] = policies.keys
    const ofKey = `dynaseal_${key!.id.replace('-', '_')}`
    expect(documents).toEqual({
      dynaseal_readers: normal(policies.roles.readers),
      dynaseal_writers: normal(policies.roles.writers),
      dynaseal_operators: normal(policies.roles.operators),
      [ofKey]: normal(key!.policy),
    })
    expect(resource.aws_iam_policy.dynaseal_readers).toEqual([
      { name: 'dynaseal-readers', policy: `$${'{data.aws_iam_policy_document.dynaseal_readers.json}'}` },
    ])
    expect(Object.values(resource.aws_kms_key_policy).flat()).toEqual(
      key!.replicas.map(({ region, arn }) => ({
        region,
        key_id: arn,
        policy: `\${data.aws_iam_policy_document.${ofKey}.json}`,
      })),
    )
  })
})

function documentOf(statements: readonly HclStatement[]): PolicyDocument {
  const Statement = statements.map(
    ({ sid, effect, actions, resources, principals, condition = [] }): Statement => {
      const Condition: Record<string, Record<string, string[]>> = {}
      for (const { test, variable, values } of condition)
        Condition[test] = { ...Condition[test], [variable]: values.map(unescaped) }
      const [principal] = principals ?? []
      return {
        Sid: sid,
        Effect: effect,
        ...(principal === undefined
          ? {}
          : { Principal: { [principal.type as 'AWS']: principal.identifiers[0]! } }),
        Action: actions,
        Resource: resources,
        Condition,
      }
    },
  )
  return { Version: '2012-10-17', Statement }
}

/** The parser leaves the marks of templates escaped. */
function unescaped(text: string): string {
  return text.replaceAll(/([$%])\1(?=\{)/g, '$1')
}

describe('what cannot be', () => {
  it.each([
    [['--as', 'yaml'], 'Allowed choices are json, cdk, terraform'],
    [['everybody'], 'Allowed choices are readers, writers, operators, keys'],
    [['readers', '--as', 'cdk'], 'goes without readers'],
    [['--as', 'cdk', '--json'], 'goes without --json'],
    [['--context', 'tenant=other'], 'is in no encryption context'],
    [['--region', 'eu-west-1'], 'no client for region eu-west-1'],
  ])('policy %j is refused', async (args, message) => {
    const { code, note } = await dynaseal(['policy', ...args], { cwd })
    expect([code, note.replaceAll('\n', ' ')]).toEqual([2, expect.stringContaining(message)])
    expect(unfit(note)).toEqual([])
  })

  it('is refused for a keyring that needs a tenant, and for one that tells nothing', async () => {
    const client = world.client(EAST, {
      keyring: ({ tenant }) => {
        throw new Error(`There is no tenant ${tenant}.`)
      },
    })
    await expect(policiesOf(await projectOf({ clients: client }))).rejects.toMatchObject({ code: 'usage' })
    const nothing = () => Promise.reject(new Error('not asked'))
    const mute = world.client(EAST, { keyring: { onEncrypt: nothing, onDecrypt: nothing } })
    await expect(policiesOf(await projectOf({ clients: mute }))).rejects.toMatchObject({
      code: 'unsupported',
    })
  })
})

it('keys of search keys are keys as well', async () => {
  const client = world.client()
  const { keyring } = (await import('@dynaseal/core/parts')).formatParts(
    (await projectOf({ clients: client })).client().parts.format,
  )!
  const search = createSearchTokens({ keyring, writeWith: await createSearchKey(keyring) })
  const found = await policiesOf(await projectOf({ clients: world.client(EAST, { search }) }))
  const sids = (of: PolicyDocument) => of.Statement.map(({ Sid }) => Sid)
  expect(sids(found.roles.readers)).toEqual(['ReadItems', 'OpenFields', 'OpenSearchKeys'])
  expect(sids(found.roles.operators)).toContain('MakeSearchKeys')
  expect(sids(found.keys[0]!.policy)).toEqual([
    'Administer',
    'Decrypt',
    'GenerateDataKey',
    'Decrypt2',
    'GenerateDataKey2',
  ])
})
