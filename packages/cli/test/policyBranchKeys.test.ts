import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { BranchKeyring, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkSearchKeys, doctor, type Policies, policiesOf, projectOf, searchPartsOf } from '../src/api.js'
import { EAST, WEST } from './support/cloud.js'
import { actionsOf, aws, clientOf, gateway, item, TableName, world } from './support/people.js'

describe('with branch keys', () => {
  const options = (principal: string) => ({
    keyArns: [...world.keyArns],
    client: (region: string) => new KMS(aws(region, principal)),
    keyStore: {
      tableName: 'branch-keys',
      regions: [EAST],
      client: (region: string) => new DynamoDB(aws(region, principal)),
    },
  })
  const keyringOf = (principal: string) =>
    new BranchKeyring({ ...options(principal), branchKeyId: ({ tenant }) => `tenant-${tenant ?? 'none'}` })
  /** A tenant is the beginning of a key. */
  const encryptionContext = (_: string, { id }: Record<string, unknown>) => ({
    tenant: String(id).split('-')[0]!,
  })
  const client = (principal: string) =>
    clientOf(principal, { keyring: keyringOf(principal), encryptionContext })
  let ofAcme: Policies

  beforeAll(async () => {
    const ofTenants = await projectOf({ clients: client('nobody') })
    ofAcme = await policiesOf(ofTenants, { context: { tenant: 'acme' } })
    const { keys } = await policiesOf(ofTenants)
    for (const { arn } of keys[0]!.replicas) gateway.keyPolicies.set(arn, keys[0]!.policy)
    const everything = {
      Sid: 'All',
      Effect: 'Allow' as const,
      Action: ['kms:*', 'dynamodb:*'],
      Resource: ['*'],
    }
    gateway.identities.set('administrator', [{ Version: '2012-10-17', Statement: [everything] }])
    gateway.identities.set('acme-readers', [ofAcme.roles.readers])
    gateway.identities.set('acme-writers', [ofAcme.roles.writers])
    const administration = new KeyStoreAdministration(options('administrator'))
    await administration.createTable()
    for (const branchKeyId of ['tenant-acme', 'tenant-other', 'tenant-none'])
      await administration.createBranchKey({ branchKeyId })
    for (const id of ['acme-1', 'other-1'])
      await client('administrator').send(new PutCommand({ TableName, Item: item(id) }))
  })

  const get = (id: string) => client('acme-readers').send(new GetCommand({ TableName, Key: { id } }))

  it('the policies of one tenant open its items, and no others', async () => {
    expect((await get('acme-1')).Item).toEqual(item('acme-1'))
    await expect(get('other-1')).rejects.toThrow()
    const refused = gateway.asked.filter(({ allowed }) => !allowed)
    expect(
      new Set(
        refused.map(({ action, context }) => `${action} ${context['kms:EncryptionContext:branch-key-id']}`),
      ),
    ).toEqual(new Set(['kms:Decrypt tenant-other']))
  })

  it('who writes needs to open branch keys, and to make no data keys', async () => {
    const { Attributes } = await client('acme-writers').send(
      new PutCommand({ TableName, Item: item('acme-2') }),
    )
    expect(Attributes).toBeUndefined()
    const actions = [...actionsOf(ofAcme.roles.writers)].filter(action => action.startsWith('kms:'))
    expect(actions).toEqual(['kms:Decrypt'])
    const put = client('acme-writers').send(new PutCommand({ TableName, Item: item('other-2') }))
    await expect(put).rejects.toThrow()
  })

  it('operators of them may look at all that the doctor looks at', async () => {
    const { roles } = await policiesOf(await projectOf({ clients: client('nobody') }))
    gateway.identities.set('branch-operators', [roles.operators])
    const { findings } = await doctor(await projectOf({ clients: client('branch-operators') }))
    expect(gateway.asked.length).toBeGreaterThan(0)
    expect(gateway.asked.filter(({ allowed }) => !allowed)).toEqual([])
    expect(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual([])
  })

  it('a search key is unwrapped where the table of branch keys is', async () => {
    const keyring = keyringOf('administrator')
    const tokens = createSearchTokens({ keyring, writeWith: await createSearchKey(keyring) })
    const ofTokens = await projectOf({ clients: clientOf('administrator', { search: tokens }) })
    const [checked] = await checkSearchKeys(searchPartsOf(ofTokens))
    expect(checked?.wrappingKeys).toEqual([
      { provider: 'aws-kms-hierarchy', name: 'tenant-none', version: expect.any(String) },
    ])
    expect(checked?.replicas).toMatchObject([
      { region: EAST, opens: true },
      {
        region: WEST,
        opens: false,
        reason: expect.stringContaining('branch-keys, has no replica in us-west-2'),
      },
    ])
  })
})
