import { combineKeyrings, createSearchKey, createSearchTokens } from '@dynaseal/core'
import { createBeacons } from '@dynaseal/db-esdk'
import { afterEach, describe, expect, it } from 'vitest'
import { doctor } from '../../src/api.js'
import { putItem, whole } from './planted/keyrings.js'
import { EAST, type Plan, startWorld, WEST, type World } from './setUp.js'

let world: World
afterEach(() => world.stop())

/** What is found, and the calls of KMS that it took. */
async function look(plan: Partial<Plan>, before: (world: World) => unknown = () => {}) {
  world = await startWorld(plan)
  await before(world)
  world.cloud.clearCalls()
  const { findings, keys } = await doctor(await world.project())
  const calls = world.cloud.calls({ service: 'kms' })
  return { found: findings.map(({ code, regions }) => `${code} ${regions.join(', ')}`), keys, calls }
}

describe('keyrings that are made of others', () => {
  it('a combination: each of the keys is looked at, and only the first has to make data keys', async () => {
    const { found, keys, calls } = await look({
      options: (region, { keyringOf, keyId, otherKeyId }) => ({
        keyring: combineKeyrings({
          sealWith: keyringOf(otherKeyId, region),
          openWith: [keyringOf(keyId, region)],
        }),
      }),
      searchKeyOf: undefined,
    })
    expect(found).toEqual([])
    expect(new Set(keys.map(({ arn }) => arn.split('/')[1]))).toEqual(
      new Set([world.keyId, world.otherKeyId]),
    )
    expect(calls.map(({ error }) => error ?? '').filter(error => !/^(|DryRun.*)$/.test(error))).toEqual([])
  })

  it('a function of the context: the keyring of the table, with the context that items have', async () => {
    const { found, calls } = await look(
      {
        options: (region, { keyringOf, keyId }) => ({
          keyring: ({ tenant }) => {
            if (tenant !== 'acme') throw new Error(`no such tenant: ${tenant}`)
            return keyringOf(keyId, region)
          },
          encryptionContext: (_, { id }) => ({ tenant: String(id).split('#')[0]! }),
        }),
        searchKeyOf: undefined,
      },
      async ({ dynamodb, cloud }) => {
        await dynamodb(EAST).putItem({ TableName: 'people', Item: { id: { S: 'acme#1' } } })
        await cloud.waitForReplication()
      },
    )
    expect(found).toEqual([])
    const made = calls.filter(({ operation }) => operation === 'GenerateDataKey')
    expect(made.map(({ encryptionContext }) => encryptionContext)).toEqual(
      made.map(() => ({ 'dynaseal:table': 'people', 'dynaseal:format': '2', tenant: 'acme' })),
    )
    expect(new Set(made.map(({ region }) => region))).toEqual(new Set([EAST, WEST]))
  })
})

describe('branch keys', () => {
  const plan: Partial<Plan> = {
    engine: 'dynoxide',
    options: (region, { branchKeyringOf }) => ({ keyring: branchKeyringOf(region) }),
    searchKeyOf: undefined,
  }

  it('are read and decrypted in each region alone, and their key is looked at', async () => {
    const { found, keys, calls } = await look(plan, ({ createBranchKeys }) => createBranchKeys())
    expect(found).toEqual([])
    expect(keys.map(({ region, state }) => [region, state])).toEqual([
      [EAST, 'Enabled'],
      [WEST, 'Enabled'],
    ])
    const decrypted = calls.filter(({ operation }) => operation === 'Decrypt')
    expect(new Set(decrypted.map(({ region }) => region))).toEqual(new Set([EAST, WEST]))
  })

  it('a replica of theirs that is disabled is told once', async () => {
    const { found } = await look(plan, async ({ createBranchKeys, kms, keyId }) => {
      await createBranchKeys()
      await kms(WEST).disableKey({ KeyId: keyId })
    })
    expect(found).toEqual([`key-disabled ${WEST}`])
  })

  it('search keys under them are unwrapped in each region', async () => {
    const search = async ({ branchKeyringOf }: World, region: string) => {
      const keyring = branchKeyringOf(region)
      return createSearchTokens({ keyring, writeWith: await createSearchKey(keyring) })
    }
    const tokens = new Map<string, Awaited<ReturnType<typeof search>>>()
    const searching: Partial<Plan> = {
      ...plan,
      options: (region, { branchKeyringOf }) => ({
        keyring: branchKeyringOf(region),
        search: tokens.get(region)!,
      }),
    }
    const { found } = await look(searching, async made => {
      await made.createBranchKeys()
      for (const region of [EAST, WEST]) tokens.set(region, await search(made, region))
    })
    expect(found).toEqual([])
  })
})

describe('items that are sealed as wholes', () => {
  const plans: readonly [string, Partial<Plan>, (world: World) => unknown][] = [
    ['a KMS key', whole((region, { keyringOf, keyId }) => ({ keyring: keyringOf(keyId, region) })), putItem],
    [
      'branch keys and beacons',
      whole((region, { branchKeyringOf }) => {
        const keyring = branchKeyringOf(region, [EAST, WEST], context => {
          if (context['aws-crypto-attr.id'] === undefined) throw new Error('of no item')
          return 'one'
        })
        return { keyring, search: createBeacons({ keyring, branchKeyId: 'one' }) }
      }),
      async made => {
        await made.createBranchKeys()
        await putItem(made)
      },
    ],
    [
      'a KMS key, in a table without items',
      whole((region, { keyringOf, keyId }) => ({ keyring: keyringOf(keyId, region) })),
      () => {},
    ],
  ]
  it.each(plans)('under %s are well, and their keys are looked at', async (_, plan, before) => {
    const { found, keys, calls } = await look(plan, before)
    expect(found).toEqual([])
    expect(keys.map(({ region, state }) => [region, state])).toEqual([
      [EAST, 'Enabled'],
      [WEST, 'Enabled'],
    ])
    const decrypted = calls.filter(({ operation, status }) => operation === 'Decrypt' && status === 200)
    expect(new Set(decrypted.map(({ region }) => region))).toEqual(new Set([EAST, WEST]))
  })

  it('no value of an item is told', async () => {
    world = await startWorld(plans[0]![1])
    await putItem(world)
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'deny' })
    const report = JSON.stringify(await doctor(await world.project()))
    expect(report).toContain('aws-crypto-table-name=people')
    expect(report).not.toContain('secret-1')
  })
})

describe('what the application does not do is not asked for', () => {
  it('a client that only seals need not decrypt', async () => {
    const { found, calls } = await look(
      { options: () => ({ role: 'seal' }), searchKeyOf: undefined },
      ({ cloud }) => cloud.fault({ region: WEST, service: 'kms', kind: 'deny', operation: 'Decrypt' }),
    )
    expect(found).toEqual([])
    expect(calls.filter(({ operation }) => operation === 'Decrypt')).toEqual([])
  })

  it('a dry run that is refused is not followed by a real one', async () => {
    const { calls } = await look({}, ({ cloud }) =>
      cloud.fault({ region: WEST, service: 'kms', kind: 'deny', operation: 'GenerateDataKey' }),
    )
    const made = calls.filter(one => one.operation === 'GenerateDataKey' && one.region === WEST)
    expect(made.map(({ error }) => error)).toEqual(['AccessDeniedException'])
  })
})
