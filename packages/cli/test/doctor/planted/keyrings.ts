import { dataKeySource, type Keyring } from '@dynaseal/core'
import { createBeacons, dbEsdkFormat } from '@dynaseal/db-esdk'
import { defined, EAST, type Plan, WEST, type World } from '../setUp.js'
import { both, type PlantedFault } from './plantedFault.js'

const kmsFault = (kind: 'refuse' | 'deny') => ({ region: WEST, service: 'kms', kind }) as const

/** A keyring that says nothing of itself. */
const opaque = (own: Keyring): Keyring => ({
  onEncrypt: material => own.onEncrypt(material),
  onDecrypt: (material, keys) => own.onDecrypt(material, keys),
  [dataKeySource]: own[dataKeySource],
})

const declaration = { table: 'people', key: ['id'], encrypted: ['ssn'] }

/** Of clients whose items are sealed as wholes. */
export function whole(
  make: (
    region: string,
    world: World,
  ) => { readonly keyring: Keyring; readonly search?: ReturnType<typeof createBeacons> },
): Partial<Plan> {
  return {
    engine: 'dynoxide',
    table: {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: defined({ id: 'S' }),
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    },
    declarations: () => [declaration],
    options(region, world) {
      const { keyring, search } = make(region, world)
      return { format: dbEsdkFormat({ keyring }), ...(search && { search }) }
    },
    searchKeyOf: undefined,
  }
}

export async function putItem({ dynamodb, cloud }: World): Promise<void> {
  await dynamodb(EAST).putItem({ TableName: 'people', Item: { id: { S: 'secret-1' } } })
  await cloud.waitForReplication()
}

/** Faults of keyrings, contexts and search keys. */
export const KEYRING_FAULTS: readonly PlantedFault[] = [
  {
    fault: 'a keyring says nothing of itself',
    plan: {
      options: (region, { keyringOf, keyId }) => ({ keyring: opaque(keyringOf(keyId, region)) }),
      searchKeyOf: undefined,
    },
    finds: [`keyring-opaque ${EAST}`, `keyring-opaque ${WEST}`],
  },
  {
    fault: 'such a keyring gives nothing',
    plan: {
      options: (region, { keyringOf, keyId }) =>
        region === EAST
          ? {
              keyring: opaque(
                keyringOf(
                  keyId.replace(/.$/, last => (last === '0' ? '1' : '0')),
                  region,
                ),
              ),
            }
          : {},
      searchKeyOf: undefined,
    },
    finds: [`keyring-fails ${EAST}`, `keyring-opaque ${EAST}`],
  },
  {
    fault: 'there is no keyring for the context',
    plan: {
      options: region => ({
        keyring: () => {
          throw new Error(`no key for ${region}`)
        },
      }),
      searchKeyOf: undefined,
    },
    finds: [`keyring-fails ${EAST}`, `keyring-fails ${WEST}`],
  },
  {
    fault: 'branch keys are read in one region alone',
    plan: {
      engine: 'dynoxide',
      options: (region, { branchKeyringOf }) => ({ keyring: branchKeyringOf(region, [EAST]) }),
      searchKeyOf: undefined,
    },
    plant: ({ createBranchKeys }) => createBranchKeys(),
    finds: [`key-store-regions ${WEST}`],
  },
  {
    fault: 'branch keys may not be decrypted in a region',
    plan: {
      engine: 'dynoxide',
      options: (region, { branchKeyringOf }) => ({ keyring: branchKeyringOf(region) }),
      searchKeyOf: undefined,
    },
    plant: async ({ createBranchKeys, cloud }) => {
      await createBranchKeys()
      cloud.fault({ ...kmsFault('deny'), operation: 'Decrypt' })
    },
    finds: [`keyring-fails ${WEST}`],
  },
  {
    fault: 'the context depends on items, and there are none',
    plan: { options: () => ({ encryptionContext: (_, { id }) => ({ tenant: String(id) }) }) },
    finds: [`context-unknown ${EAST}`, `context-unknown ${WEST}`],
  },
  {
    fault: 'clients have different keys',
    plan: {
      options: (region, { keyringOf, otherKeyId }) =>
        region === WEST ? { keyring: keyringOf(otherKeyId, region) } : {},
    },
    finds: [`keys-differ ${both}`],
  },
  {
    fault: 'the context has the region in it',
    plan: { options: region => ({ encryptionContext: { region } }) },
    finds: [`context-differs ${both}`],
  },
  {
    fault: 'a search key does not unwrap in a region',
    plant: ({ cloud }) =>
      cloud.fault({
        ...kmsFault('deny'),
        operation: 'Decrypt',
        unlessContext: { 'dynaseal:table': 'people' },
      } as Parameters<typeof cloud.fault>[0]),
    finds: [`search-key-locked ${WEST}`],
  },
  {
    fault: 'a search key was made with another key',
    plan: { searchKeyOf: 'another key' },
    finds: ['search-key-elsewhere '],
  },
  {
    fault: 'the KMS key of items that are sealed as wholes may not be used in a region',
    plan: whole((region, { keyringOf, keyId }) => ({ keyring: keyringOf(keyId, region) })),
    plant: async world => {
      await putItem(world)
      world.cloud.fault(kmsFault('deny'))
    },
    finds: [`key-not-described ${WEST}`, `seal-denied ${WEST}`],
  },
  {
    fault: 'the table of branch keys is missing in a region',
    plan: whole((region, { branchKeyringOf }) => ({ keyring: branchKeyringOf(region) })),
    plant: async world => {
      await world.createBranchKeys()
      await putItem(world)
      await world.dynamodb(WEST).deleteTable({ TableName: 'branch-keys' })
    },
    finds: [`keyring-fails ${WEST}`],
  },
  {
    fault: 'there is no branch key',
    plan: whole((region, { branchKeyringOf }) => ({
      keyring: branchKeyringOf(region, [EAST, WEST], () => 'another'),
    })),
    plant: async world => {
      await world.createBranchKeys()
      await putItem(world)
    },
    finds: [`keyring-fails ${EAST}`, `keyring-fails ${WEST}`],
  },
  {
    fault: 'branch keys depend on items, and there are none',
    plan: whole((region, { branchKeyringOf }) => ({
      keyring: branchKeyringOf(region, [EAST, WEST], () => 'one'),
    })),
    plant: world => world.createBranchKeys(),
    finds: [`context-unknown ${EAST}`, `context-unknown ${WEST}`],
  },
  {
    fault: 'a beacon key may not be decrypted in a region',
    plan: whole((region, { branchKeyringOf }) => {
      const keyring = branchKeyringOf(region)
      return { keyring, search: createBeacons({ keyring, branchKeyId: 'one' }) }
    }),
    plant: async world => {
      await world.createBranchKeys()
      await putItem(world)
      world.cloud.fault({
        ...kmsFault('deny'),
        operation: 'Decrypt',
        unlessContext: { type: 'branch:ACTIVE' },
      } as Parameters<typeof world.cloud.fault>[0])
    },
    finds: [`beacon-key-locked ${WEST}`],
  },
]
