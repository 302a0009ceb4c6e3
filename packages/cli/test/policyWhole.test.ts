import { KMS } from '@aws-sdk/client-kms'
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb'
import { contextAttributes, createBeacons } from '@dynaseal/db-esdk'
import { search } from '@dynaseal/document-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  backfill,
  drill,
  inspectItem,
  type Policies,
  type PolicyDocument,
  policiesOf,
  projectOf,
  revert,
  runJob,
  scan,
} from '../src/api.js'
import { createWorld, EAST, users, WEST, type World } from './support/cloud.js'
import { type IamGateway, startIamGateway } from './support/iamGateway.js'
import {
  type Access,
  branchKeyring,
  createKeyStore,
  DECLARED,
  type WholeClientOptions,
  wholeClient,
} from './support/wholes.js'

let world: World
let gateway: IamGateway
const TableName = users.name

/** As somebody, whose every request passes the gateway. */
const as =
  (accessKeyId: string): Access =>
  region => ({
    region,
    endpoint: gateway.endpoint,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey: 'test' },
  })
const clientOf = (principal: string, options: WholeClientOptions = {}) =>
  wholeClient(world, { access: as(principal), ...options })

function grant(policies: Policies, prefix = ''): void {
  for (const [role, policy] of Object.entries(policies.roles)) gateway.identities.set(prefix + role, [policy])
  for (const { replicas, policy } of policies.keys)
    for (const { arn } of replicas) gateway.keyPolicies.set(arn, policy)
}

beforeAll(async () => {
  world = await createWorld({ engine: 'dynoxide' })
  gateway = await startIamGateway(world.cloud.endpoint)
})
afterAll(async () => {
  await gateway.stop()
  await world.stop()
})
beforeEach(() => {
  gateway.asked.length = 0
})

const item = (id: string, more: object = {}) => ({ id, plan: 'pro', ssn: `ssn of ${id}`, ...more })
const actionsOf = ({ Statement }: PolicyDocument) => new Set(Statement.flatMap(({ Action }) => Action))
const asked = (by?: string) => gateway.asked.filter(({ principal }) => by === undefined || principal === by)
const refused = (by?: string) => asked(by).filter(({ allowed }) => !allowed)
/** The actions that were asked for, none of which was refused. */
function needed(by?: string): Set<string> {
  expect(refused(by)).toEqual([])
  return new Set(asked(by).map(({ action }) => action))
}

describe('with a KMS key, the policy of', () => {
  let policies: Policies
  beforeAll(async () => {
    policies = await policiesOf(
      await projectOf({ clients: [clientOf('x'), clientOf('x', { region: WEST })] }),
    )
    grant(policies)
    for (const id of ['ada', 'bob'])
      await wholeClient(world).send(new PutCommand({ TableName, Item: item(id) }))
  })

  it('readers is enough to read in every way, and has nothing more', async () => {
    const reader = clientOf('readers')
    const Key = { id: 'ada' }
    expect((await reader.send(new GetCommand({ TableName, Key }))).Item).toEqual(item('ada'))
    await reader.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [Key] } } }))
    await reader.send(new TransactGetCommand({ TransactItems: [{ Get: { TableName, Key } }] }))
    const { Items } = await reader.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': 'bob' },
      }),
    )
    expect(Items).toEqual([item('bob')])
    expect(needed()).toEqual(actionsOf(policies.roles.readers))
  })

  it('writers is enough to write in every way, and has nothing more: no update', async () => {
    const writer = clientOf('writers')
    await writer.send(new PutCommand({ TableName, Item: item('eve') }))
    await writer.send(
      new BatchWriteCommand({ RequestItems: { [TableName]: [{ PutRequest: { Item: item('kim') } }] } }),
    )
    await writer.send(
      new TransactWriteCommand({
        TransactItems: [
          { ConditionCheck: { TableName, Key: { id: 'kim' }, ConditionExpression: 'attribute_exists(id)' } },
          { Put: { TableName, Item: item('joe') } },
        ],
      }),
    )
    for (const id of ['eve', 'joe', 'kim']) await writer.send(new DeleteCommand({ TableName, Key: { id } }))
    expect(needed()).toEqual(actionsOf(policies.roles.writers))
    expect(actionsOf(policies.roles.writers)).not.toContain('dynamodb:UpdateItem')
  })

  it('operators is enough to scan, inspect, seal, seal anew, drill and revert', async () => {
    await world.dynamodb.putItem({ TableName, Item: { id: { S: 'clear' }, ssn: { S: '1' } } })
    const project = await projectOf({ clients: clientOf('operators') })
    const target = project.target(TableName)
    expect((await scan(target)).items).toBe(3)
    const run = async (task: Parameters<typeof runJob>[1]) =>
      (await runJob(target, task, { apply: true })).changed
    expect(await run(backfill(target))).toBe(1)
    expect((await drill(project, { sample: 2 })).openings.flatMap(({ failed }) => failed)).toEqual([])
    const [stored] = await world.items()
    const { fields } = await inspectItem(stored!, { target, open: 'check' })
    expect(fields[0]!.opens).toBe(true)
    expect(await run(revert(target))).toBe(3)
    expect(needed()).toEqual(
      new Set([
        'dynamodb:GetItem',
        'dynamodb:Scan',
        'dynamodb:UpdateItem',
        'kms:Decrypt',
        'kms:GenerateDataKey',
      ]),
    )
    expect([...actionsOf(policies.roles.operators)]).toEqual(expect.arrayContaining([...needed()]))
  })

  const key = { 'aws-crypto-public-key': 'any' }
  it.each([
    ['readers', 'Decrypt', { 'aws-crypto-table-name': 'users' }, true],
    ['readers', 'Decrypt', { 'aws-crypto-table-name': 'users', ...key }, true],
    ['readers', 'Decrypt', { 'aws-crypto-table-name': 'orders', ...key }, false],
    ['readers', 'Decrypt', {}, false],
    ['readers', 'GenerateDataKey', { 'aws-crypto-table-name': 'users', ...key }, false],
    ['writers', 'GenerateDataKey', { 'aws-crypto-table-name': 'users', ...key }, true],
    ['writers', 'GenerateDataKey', { 'aws-crypto-table-name': 'users' }, false],
    ['writers', 'GenerateDataKey', { 'aws-crypto-table-name': 'orders', ...key }, false],
    ['writers', 'Decrypt', { 'aws-crypto-table-name': 'users', ...key }, false],
    ['administrator', 'Decrypt', { 'aws-crypto-table-name': 'users' }, true],
    ['administrator', 'Decrypt', { 'dynaseal:table': 'users' }, false],
    ['administrator', 'GenerateDataKey', { 'aws-crypto-table-name': 'users' }, false],
  ])('%s: %s with %j: %j', async (principal, operation, EncryptionContext, allowed) => {
    const all = { Sid: 'All', Effect: 'Allow' as const, Action: ['kms:*'], Resource: ['*'] }
    gateway.identities.set('administrator', [{ Version: '2012-10-17', Statement: [all] }])
    const kms = new KMS(as(principal)(EAST))
    const KeyId = world.keyArns.find(arn => arn.includes(EAST))!
    const pairs = EncryptionContext as Record<string, string>
    const call =
      operation === 'Decrypt'
        ? kms.decrypt({ KeyId, CiphertextBlob: Buffer.from('x'), EncryptionContext: pairs })
        : kms.generateDataKey({ KeyId, NumberOfBytes: 32, EncryptionContext: pairs })
    const error = await call.then(
      () => undefined,
      ({ name }: Error) => name,
    )
    expect(error !== 'AccessDeniedException').toBe(allowed)
  })

  it('a client without signatures is for items without them', async () => {
    const clients = clientOf('x', { algorithmSuite: '0x6700' })
    const { roles } = await policiesOf(await projectOf({ clients }))
    const [seal] = roles.writers.Statement.filter(({ Sid }) => Sid === 'SealFields')
    expect(seal!.Condition).toEqual({
      StringEquals: { 'kms:EncryptionContext:aws-crypto-table-name': ['users'] },
      Null: { 'kms:EncryptionContext:aws-crypto-public-key': ['true'] },
    })
  })

  it('pairs of a tenant are those of attributes in the context, and others are refused', async () => {
    const tables = {
      users: { attributeActionsOnEncrypt: { tenant: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' } },
    } as const
    const project = await projectOf({ clients: clientOf('x', { tables }) })
    const pair = 'aws-crypto-attr.tenant'
    const { roles } = await policiesOf(project, { context: { [pair]: 'acme' } })
    expect(roles.readers.Statement.find(({ Sid }) => Sid === 'OpenFields')!.Condition!.StringEquals).toEqual({
      'kms:EncryptionContext:aws-crypto-table-name': ['users'],
      [`kms:EncryptionContext:${pair}`]: ['acme'],
    })
    await expect(policiesOf(project, { context: { tenant: 'acme' } })).rejects.toThrow(
      'is in no encryption context of table users. Of its items that has aws-crypto-attr.id, aws-crypto-attr.tenant',
    )
  })
})

describe('with branch keys, the policies of one tenant', () => {
  const tables = {
    users: { attributeActionsOnEncrypt: { tenant: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' } },
  } as const
  const keyringOf = (principal: string) =>
    branchKeyring(
      world,
      context => {
        const { tenant } = contextAttributes(context)
        if (tenant === undefined || !('S' in tenant)) throw new Error('There is no such tenant.')
        return String(tenant.S)
      },
      { access: as(principal), regions: [EAST] },
    )
  const client = (principal: string) =>
    clientOf(principal, {
      keyring: keyringOf(principal),
      tables,
      declaration: { ...DECLARED, tokens: { aws_dbe_b_ssn: { of: 'ssn', bits: 32, tenant: 'tenant' } } },
      search: createBeacons({ keyring: keyringOf(principal), keyFieldName: 'tenant' }),
    })
  let ofAcme: Policies

  beforeAll(async () => {
    for (const { id } of await world.items()) await world.dynamodb.deleteItem({ TableName, Key: { id: id! } })
    const project = await projectOf({ clients: client('x') })
    ofAcme = await policiesOf(project, { context: { 'aws-crypto-attr.tenant': 'acme' } })
    grant(await policiesOf(project), 'all-')
    grant({ ...ofAcme, keys: [] }, 'acme-')
    // Branch keys are made past the gateway: what this takes of the key's policy, its other tests have.
    await createKeyStore(world, ['acme', 'other'], [EAST])
    for (const tenant of ['acme', 'other'])
      await client('all-writers').send(new PutCommand({ TableName, Item: item(`of ${tenant}`, { tenant }) }))
  })

  it('writers write, with beacons: from the key store and KMS no more than to open branch keys', async () => {
    await client('acme-writers').send(new PutCommand({ TableName, Item: item('new', { tenant: 'acme' }) }))
    expect(needed()).toEqual(new Set(['dynamodb:PutItem', 'dynamodb:GetItem', 'kms:Decrypt']))
    expect([...actionsOf(ofAcme.roles.writers)]).not.toContain('kms:GenerateDataKey')
    await world.dynamodb.deleteItem({ TableName, Key: { id: { S: 'new' } } })
    const other = client('acme-writers').send(
      new PutCommand({ TableName, Item: item('new', { tenant: 'other' }) }),
    )
    await expect(other).rejects.toThrow()
    expect(refused().map(({ action }) => action)).toContain('kms:Decrypt')
  })

  it('readers open the items of the tenant, and no others', async () => {
    const reader = client('acme-readers')
    const get = (id: string) => reader.send(new GetCommand({ TableName, Key: { id } }))
    expect((await get('of acme')).Item).toEqual(item('of acme', { tenant: 'acme' }))
    needed()
    await expect(get('of other')).rejects.toThrow()
    const pairs = new Set(refused().map(({ context }) => context['kms:EncryptionContext:branch-key-id']))
    expect(pairs).toEqual(new Set(['other']))
  })

  it('beacons are found by the tenant, and the beacon keys of others stay closed', async () => {
    const policy = ofAcme.roles.readers
    const scanning = { Sid: 'Scan', Effect: 'Allow' as const, Action: ['dynamodb:Scan'], Resource: ['*'] }
    gateway.identities.set('searching', [policy, { Version: '2012-10-17', Statement: [scanning] }])
    const find = (tenant: string) =>
      client('searching').send(
        new ScanCommand({
          TableName,
          FilterExpression: 'aws_dbe_b_ssn = :ssn',
          ExpressionAttributeValues: { ':ssn': search(`ssn of of ${tenant}`, { tenant }) },
        }),
      )
    expect((await find('acme')).Items).toEqual([item('of acme', { tenant: 'acme' })])
    const rows = gateway.asked.map(({ context }) => context['kms:EncryptionContext:type'])
    expect(rows).toContain('beacon:ACTIVE')
    needed()
    await expect(find('other')).rejects.toThrow()
    expect(refused().map(({ context }) => context['kms:EncryptionContext:type'])).toContain('beacon:ACTIVE')
  })

  it('who has the policy of all tenants opens each', async () => {
    for (const tenant of ['acme', 'other'])
      expect(
        (await client('all-readers').send(new GetCommand({ TableName, Key: { id: `of ${tenant}` } }))).Item,
      ).toEqual(item(`of ${tenant}`, { tenant }))
    needed()
  })

  it('operators scan and drill', async () => {
    const project = await projectOf({ clients: client('all-operators') })
    expect((await scan(project.target(TableName))).items).toBe(2)
    const report = await drill(project)
    const inEast = report.openings.filter(({ through }) => through === EAST)
    expect(inEast).toMatchObject([{ failed: [], fields: 2 }])
    expect(report.beaconKeys.map(({ branchKeyId }) => branchKeyId)).toEqual(['acme', 'other'])
    needed()
  })
})
