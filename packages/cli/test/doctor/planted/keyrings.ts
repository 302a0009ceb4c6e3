import { dataKeySource, type Keyring } from '@dynaseal/core'
import { EAST, WEST } from '../setUp.js'
import { both, type PlantedFault } from './plantedFault.js'

const kmsFault = (kind: 'refuse' | 'deny') => ({ region: WEST, service: 'kms', kind }) as const

/** A keyring that says nothing of itself. */
const opaque = (own: Keyring): Keyring => ({
  onEncrypt: material => own.onEncrypt(material),
  onDecrypt: (material, keys) => own.onDecrypt(material, keys),
  [dataKeySource]: own[dataKeySource],
})

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
]
