import { KMS } from '@aws-sdk/client-kms'
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { sealDocumentClient, search } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { describe, expect, it } from 'vitest'
import { type PolicyDocument, policiesOf, projectOf, RewrapTokens, runJob } from '../src/api.js'
import { EAST, WEST } from './support/cloud.js'
import { dynaseal, folder } from './support/command.js'
import {
  actionsOf,
  aws,
  clientOf,
  configOf,
  gateway,
  item,
  policies,
  searchKey,
  TableName,
  world,
} from './support/people.js'

/** The actions that were needed, of which nothing was refused, and which stand for every request that the cloud has seen. */
function needed(principal: string): Set<string> {
  expect(gateway.asked.filter(({ allowed, principal: who }) => !allowed || who !== principal)).toEqual([])
  const transactions = ['TransactGetItems', 'TransactWriteItems']
  const seen = world.cloud.calls().map(({ service, operation }) => `${service}:${operation}`)
  const actions = new Set(gateway.asked.map(({ action }) => action))
  expect(seen.filter(one => !actions.has(one) && !transactions.includes(one.split(':')[1]!))).toEqual([])
  return actions
}

describe('the policy of', () => {
  it('readers is enough to read in every way, and has nothing more', async () => {
    const reader = clientOf('readers', { role: 'open' })
    const Key = { id: 'ada' }
    const { Item } = await reader.send(new GetCommand({ TableName, Key }))
    expect(Item).toEqual(item('ada'))
    await reader.send(new BatchGetCommand({ RequestItems: { people: { Keys: [Key] } } }))
    await reader.send(new TransactGetCommand({ TransactItems: [{ Get: { TableName, Key } }] }))
    const { Items } = await reader.send(
      new QueryCommand({
        TableName,
        IndexName: 'byEmail',
        KeyConditionExpression: 'emailToken = :email',
        ExpressionAttributeValues: { ':email': search('ada@example.com') },
      }),
    )
    expect(Items).toEqual([item('ada')])
    expect(needed('readers')).toEqual(actionsOf(policies.roles.readers))
  })

  it('readers is enough through every replica', async () => {
    const mend = world.cloud.fault({ region: EAST, service: 'kms', kind: 'refuse' })
    const { Item } = await clientOf('readers').send(new GetCommand({ TableName, Key: { id: 'ada' } }))
    mend()
    expect(Item).toEqual(item('ada'))
    expect(gateway.asked.map(({ resource }) => resource)).toContain(
      world.keyArns.find(arn => arn.includes(WEST)),
    )
  })

  it('writers is enough to write in every way, and has nothing more', async () => {
    const writer = clientOf('writers', { role: 'seal' })
    const Key = { id: 'eve' }
    const update = {
      TableName,
      Key,
      UpdateExpression: 'SET ssn = :ssn',
      ExpressionAttributeValues: { ':ssn': '1' },
    }
    await writer.send(new PutCommand({ TableName, Item: item('eve') }))
    await writer.send(new UpdateCommand(update))
    await writer.send(
      new BatchWriteCommand({ RequestItems: { people: [{ PutRequest: { Item: item('kim') } }] } }),
    )
    await writer.send(
      new TransactWriteCommand({
        TransactItems: [
          { ConditionCheck: { TableName, Key: { id: 'kim' }, ConditionExpression: 'attribute_exists(id)' } },
          { Update: update },
          { Put: { TableName, Item: item('joe') } },
        ],
      }),
    )
    for (const id of ['eve', 'joe', 'kim']) await writer.send(new DeleteCommand({ TableName, Key: { id } }))
    expect(needed('writers')).toEqual(actionsOf(policies.roles.writers))
  })

  it('operators is enough for every command, and has nothing more', async () => {
    const { path: cwd, remove } = folder({ 'dynaseal.config.ts': configOf('operators') })
    const Key = { id: { S: 'clear' } }
    await world.dynamodb.putItem({ TableName, Item: { ...Key, ssn: { S: '1' } } })
    world.cloud.clearCalls()
    const codes: Record<string, number> = {}
    for (const command of [
      'scan people',
      'inspect people ada --check',
      'backfill people --unknown --apply --checkpoint-table checkpoints',
      'rewrap people --all --apply',
      'rewrap people --search-key --apply',
      'drill',
      'doctor',
      'search-key list',
      'search-key rotate',
    ]) {
      const { code, note } = await dynaseal(command.split(' '), { cwd })
      codes[command] = code
      expect(note).not.toContain('not authorized')
    }
    remove()
    const backfilled = 'backfill people --unknown --apply --checkpoint-table checkpoints'
    expect(codes).toMatchObject({ [backfilled]: 0, 'search-key rotate': 0 })
    expect(needed('operators')).toEqual(actionsOf(policies.roles.operators))
    await world.dynamodb.deleteItem({ TableName, Key })
  })

  it('operators is enough to move items to a new search key, where the key of a table is a token', async () => {
    const logins = { table: 'logins', key: ['id'], encrypted: ['email'], tokens: { id: { of: 'email' } } }
    await world.dynamodb.createTable({
      TableName: 'logins',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    })
    const keyring = new MrkKeyring({ keyArns: [...world.keyArns], client: one => new KMS(world.config(one)) })
    const next = await createSearchKey(keyring, { version: 2 })
    const before = createSearchTokens({ keyring, writeWith: searchKey })
    const documents = DynamoDBDocumentClient.from(world.dynamodb)
    const application = sealDocumentClient(documents, { keyring, search: before }).declare(logins)
    await application.send(new PutCommand({ TableName: 'logins', Item: { email: 'ada@example.com' } }))

    const own = new MrkKeyring({ keyArns: [...world.keyArns], client: one => new KMS(aws(one, 'mover')) })
    const tokens = createSearchTokens({ keyring: own, writeWith: next, findWith: [searchKey] })
    const mover = clientOf('mover', { search: tokens })
    mover.declare(logins)
    const project = await projectOf({ clients: mover })
    const { roles, keys } = await policiesOf(project)
    const moving = roles.operators.Statement.filter(({ Sid }) => Sid === 'MoveItems')
    expect(moving.map(({ Resource }) => Resource)).toEqual([[expect.stringMatching(/table\/logins$/)]])
    const kept = new Map(gateway.keyPolicies)
    for (const { replicas, policy } of keys)
      for (const { arn } of replicas) gateway.keyPolicies.set(arn, policy)
    gateway.identities.set('mover', [roles.operators])
    gateway.asked.length = 0
    const target = project.target('logins')
    expect(await runJob(target, await RewrapTokens.of(target), { apply: true })).toMatchObject({ moved: 1 })
    expect(gateway.asked.filter(({ allowed }) => !allowed)).toEqual([])
    expect([...new Set(gateway.asked.map(({ action }) => action))]).toEqual(
      expect.arrayContaining(['dynamodb:PutItem', 'dynamodb:DeleteItem']),
    )
    for (const [arn, policy] of kept) gateway.keyPolicies.set(arn, policy)
  })

  it.each([
    ['readers', 'PutItem', 'kms:GenerateDataKey'],
    ['writers', 'GetItem', 'dynamodb:GetItem'],
    ['nobody', 'GetItem', 'dynamodb:GetItem'],
  ])('%s does not let one %s', async (principal, operation, action) => {
    const client = clientOf(principal)
    const call =
      operation === 'PutItem'
        ? client.send(new PutCommand({ TableName, Item: item('new') }))
        : client.send(new GetCommand({ TableName, Key: { id: 'ada' } }))
    await expect(call).rejects.toThrow()
    expect(gateway.asked.filter(({ allowed }) => !allowed).map(one => one.action)).toContain(action)
  })
})

describe('the conditions', () => {
  const context = { 'dynaseal:table': 'people', 'dynaseal:format': '2' }
  /** Whoever may do everything by IAM is held by the key policy alone. */
  const everything: PolicyDocument = {
    Version: '2012-10-17',
    Statement: [{ Sid: 'All', Effect: 'Allow', Action: ['kms:*'], Resource: ['*'] }],
  }
  /** Whether somebody may do something with the key in the first region, with a context. */
  async function may(principal: string, operation: string, EncryptionContext: Record<string, string>) {
    const kms = new KMS(aws(EAST, principal))
    const KeyId = world.keyArns.find(arn => arn.includes(EAST))!
    const call =
      operation === 'Decrypt'
        ? kms.decrypt({ KeyId, CiphertextBlob: Buffer.from('x'), EncryptionContext })
        : kms.generateDataKey({ KeyId, NumberOfBytes: 32, EncryptionContext })
    const error = await call.then(
      () => undefined,
      ({ name }: Error) => name,
    )
    return error !== 'AccessDeniedException'
  }

  it.each([
    ['readers', 'Decrypt', context, true],
    ['readers', 'Decrypt', { 'dynaseal:table': 'people' }, true],
    ['readers', 'Decrypt', { ...context, 'dynaseal:table': 'orders' }, false],
    ['readers', 'Decrypt', {}, false],
    ['readers', 'Decrypt', { 'dynaseal:search': '1' }, true],
    ['readers', 'GenerateDataKey', context, false],
    ['readers', 'GenerateDataKey', { 'dynaseal:search': '1' }, false],
    ['writers', 'GenerateDataKey', context, true],
    ['writers', 'GenerateDataKey', { 'dynaseal:table': 'people' }, false],
    ['writers', 'GenerateDataKey', { ...context, 'dynaseal:table': 'orders' }, false],
    ['writers', 'GenerateDataKey', { 'dynaseal:search': '1' }, false],
    ['writers', 'Decrypt', context, false],
    ['writers', 'Decrypt', { 'dynaseal:search': '1' }, true],
    ['operators', 'GenerateDataKey', { 'dynaseal:search': '1' }, true],
    ['operators', 'Decrypt', {}, false],
    ['administrator', 'Decrypt', context, true],
    ['administrator', 'Decrypt', {}, false],
    ['administrator', 'GenerateDataKey', { 'dynaseal:table': 'orders' }, false],
  ])('%s, %s with %j: %j', async (principal, operation, pairs, allowed) => {
    gateway.identities.set('administrator', [everything])
    expect(await may(principal, operation, pairs as Record<string, string>)).toBe(allowed)
  })

  it('of a client that writes format 1 are for data keys without a format', async () => {
    const clients = clientOf('x', { format: 'message' })
    const { roles, keys } = await policiesOf(await projectOf({ clients }))
    gateway.identities.set('old', [roles.writers, everything])
    const arn = world.keyArns.find(one => one.includes(EAST))!
    gateway.keyPolicies.set(arn, keys[0]!.policy)
    expect(await may('old', 'GenerateDataKey', { 'dynaseal:table': 'people' })).toBe(true)
    expect(await may('old', 'GenerateDataKey', context)).toBe(false)
    gateway.identities.set('old', [roles.writers])
    expect(await may('old', 'GenerateDataKey', { 'dynaseal:table': 'people' })).toBe(true)
    gateway.keyPolicies.set(arn, policies.keys[0]!.policy)
  })

  it('have the pairs that the application adds, also with a policy variable in them', async () => {
    const variable = `$${'{aws:username}'}*`
    const pairs = { tenant: `a${variable}` }
    const { roles } = await policiesOf(
      await projectOf({ clients: clientOf('x', { encryptionContext: pairs }) }),
    )
    gateway.identities.set('other', [roles.readers])
    expect(roles.readers.Statement.find(({ Sid }) => Sid === 'OpenFields')?.Condition).toEqual({
      StringEquals: {
        'kms:EncryptionContext:dynaseal:table': ['people'],
        'kms:EncryptionContext:tenant': [`a$${'{$}'}{aws:username}*`],
      },
    })
  })

  it('are for one tenant, where contexts depend on items', async () => {
    const encryptionContext = (_: string, { id }: Record<string, unknown>) => ({ tenant: String(id) })
    const clients = clientOf('x', { encryptionContext })
    const ofTenant = await policiesOf(await projectOf({ clients }), { context: { tenant: 'acme' } })
    gateway.identities.set('acme', [ofTenant.roles.readers])
    expect(await may('acme', 'Decrypt', { ...context, tenant: 'acme' })).toBe(true)
    expect(await may('acme', 'Decrypt', { ...context, tenant: 'other' })).toBe(false)
    expect(await may('acme', 'Decrypt', context)).toBe(false)
    const ofAll = await policiesOf(await projectOf({ clients }))
    gateway.identities.set('all', [ofAll.roles.readers])
    expect(await may('all', 'Decrypt', { ...context, tenant: 'other' })).toBe(true)
  })
})
