import { EAST, EU, WEST } from '../setUp.js'
import type { PlantedFault } from './plantedFault.js'

const three = [EAST, WEST, EU]
const kmsFault = (kind: 'refuse' | 'deny') => ({ region: WEST, service: 'kms', kind }) as const

/** Faults of KMS keys, and of who may use them. */
export const KEY_FAULTS: readonly PlantedFault[] = [
  {
    fault: 'a replica was never made',
    plan: { keyIn: [EAST] },
    finds: [`key-missing ${WEST}`],
    plant: ({ kms }) => kms(EAST).updateKeyDescription({ KeyId: 'alias/people', Description: 'alone' }),
  },
  {
    fault: 'a replica is disabled',
    plant: ({ kms, keyId }) => kms(WEST).disableKey({ KeyId: keyId }),
    finds: [`key-disabled ${WEST}`],
    isMended: true,
  },
  {
    fault: 'a replica waits for its deletion',
    plant: ({ kms, keyId }) => kms(WEST).scheduleKeyDeletion({ KeyId: keyId }),
    finds: [`key-pending-deletion ${WEST}`],
    isMended: true,
  },
  {
    fault: 'the primary waits for the deletion of its replica',
    plant: ({ kms, keyId }) => kms(EAST).scheduleKeyDeletion({ KeyId: keyId }),
    finds: [`key-pending-deletion ${EAST}`],
    isMended: true,
  },
  {
    fault: 'a replica is still being made',
    plan: { keyIn: [EAST], engine: 'dynoxide', settleDelay: 3_600_000 },
    plant: async ({ kms, keyId }) => {
      await kms(EAST).replicateKey({ KeyId: keyId, ReplicaRegion: WEST })
    },
    finds: [`key-not-ready ${WEST}`, `alias-missing ${WEST}`],
  },
  {
    fault: 'the key is one for MACs',
    plan: {
      key: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
      searchKeyOf: undefined,
    },
    finds: [`key-usage ${EAST}`, `key-usage ${WEST}`],
  },
  {
    fault: 'KMS is unreachable in a region',
    plant: ({ cloud }) => cloud.fault(kmsFault('refuse')),
    finds: [`kms-unreachable ${WEST}`],
  },
  {
    fault: 'KMS does not answer in a region',
    plant: ({ cloud }) => cloud.fault({ region: WEST, service: 'kms', kind: 'hang' }),
    timeout: 3_000,
    finds: [`kms-unreachable ${WEST}`],
  },
  {
    fault: 'KMS fails in a region',
    plant: ({ cloud }) =>
      cloud.fault({ region: WEST, service: 'kms', operation: 'GenerateDataKey', kind: 'error' }),
    finds: [`kms-unreachable ${WEST}`],
  },
  {
    fault: 'KMS throttles in a region',
    plant: ({ cloud }) =>
      cloud.fault({
        region: WEST,
        service: 'kms',
        operation: 'GenerateDataKey',
        kind: 'throttle',
        share: 1,
      }),
    finds: [`kms-throttled ${WEST}`],
  },
  {
    fault: 'data keys may not be made in a region',
    plant: ({ cloud }) => cloud.fault({ ...kmsFault('deny'), operation: 'GenerateDataKey' }),
    finds: [`seal-denied ${WEST}`],
  },
  {
    fault: 'data keys may be made only with a context that is not that of the table',
    plant: ({ cloud }) =>
      cloud.fault({
        ...kmsFault('deny'),
        operation: 'GenerateDataKey',
        unlessContext: { 'dynaseal:table': 'person' },
      } as Parameters<typeof cloud.fault>[0]),
    finds: [`seal-denied ${WEST}`],
  },
  {
    fault: 'data keys may not be decrypted in a region',
    plant: ({ cloud }) => cloud.fault({ ...kmsFault('deny'), operation: 'Decrypt' }),
    finds: [`open-denied ${WEST}`],
  },
  {
    fault: 'nothing is allowed in a region',
    plant: ({ cloud }) => cloud.fault(kmsFault('deny')),
    finds: [`seal-denied ${WEST}`, `key-not-described ${WEST}`],
  },
  {
    fault: 'a client that only opens may not make what it could try to decrypt',
    plan: { options: () => ({ role: 'open' }), searchKeyOf: undefined },
    plant: ({ cloud }) => cloud.fault({ ...kmsFault('deny'), operation: 'GenerateDataKey' }),
    finds: [`decrypt-not-tried ${WEST}`],
  },
  {
    fault: 'a replica may not be described',
    plant: ({ cloud }) => cloud.fault({ ...kmsFault('deny'), operation: 'DescribeKey' }),
    finds: [`key-not-described ${WEST}`],
  },
  {
    fault: 'credentials are not taken by KMS in a region',
    plant: ({ cloud }) =>
      cloud.fault({
        region: WEST,
        service: 'kms',
        kind: 'error',
        error: 'UnrecognizedClientException',
        status: 400,
      }),
    finds: [`credentials ${WEST}`],
  },
  {
    fault: 'credentials are not taken by DynamoDB in a region',
    plant: ({ cloud }) =>
      cloud.fault({
        region: WEST,
        service: 'dynamodb',
        kind: 'error',
        error: 'ExpiredTokenException',
        status: 400,
      }),
    finds: [`credentials ${WEST}`],
  },
  {
    fault: 'the keyrings do not name a replica',
    plan: { named: [EAST] },
    finds: [`replica-not-named ${WEST}`],
  },
  {
    fault: 'a process runs where the key has no replica',
    plan: {
      regions: three,
      keyring: region => ({ region: region === EAST ? EU : region }),
    },
    finds: [`own-region-without-replica ${EU}`],
  },
  {
    fault: 'an alias is that of another key in a region',
    plant: ({ kms, otherKeyId }) =>
      kms(WEST).updateAlias({ AliasName: 'alias/people', TargetKeyId: otherKeyId }),
    finds: [`alias-elsewhere ${WEST}`],
    isMended: true,
  },
  {
    fault: 'an alias is missing in a region',
    plant: ({ kms }) => kms(WEST).deleteAlias({ AliasName: 'alias/people' }),
    finds: [`alias-missing ${WEST}`],
    isMended: true,
  },
  {
    fault: 'a region is slow, for what the keyring waits',
    plan: { keyring: () => ({ attemptTimeout: 600 }) },
    plant: ({ cloud }) => cloud.fault({ region: WEST, service: 'kms', kind: 'slow', delay: 350 }),
    finds: [`slow-region ${WEST}`],
  },
  {
    fault: "a region's clock is ten minutes ahead",
    plant: ({ cloud }) => cloud.fault({ kind: 'clock', region: WEST, shift: 600_000 }),
    finds: [`clock-skew ${WEST}`],
  },
]
