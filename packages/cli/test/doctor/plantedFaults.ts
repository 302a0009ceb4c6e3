import { KMS } from '@aws-sdk/client-kms'
import { dataKeySource, type Format, type Keyring } from '@dynaseal/core'
import { startLocalCloud } from '@dynaseal/local-cloud'
import { declared, defined, EAST, EU, healthy, keyed, type Plan, WEST, type World } from './setUp.js'

/** One fault in an application that is healthy otherwise, and all that the doctor finds. */
export interface PlantedFault {
  readonly fault: string
  /** What is planted in the configuration, and in what the cloud begins with. */
  readonly plan?: Partial<Plan>
  /** What is planted in the cloud. */
  plant?(world: World): unknown
  /** Milliseconds that calls are waited for. Default: that of the doctor. */
  readonly timeout?: number
  /** `code region, region`; all of it. */
  readonly finds: readonly string[]
  /** Whether the finding's commands are run afterwards, so that nothing is found any more. */
  readonly isMended?: true
}

const both = `${EAST}, ${WEST}`
const three = [EAST, WEST, EU]
const indexes = (...GlobalSecondaryIndexes: Plan['table']['GlobalSecondaryIndexes'] & object) => ({
  ...healthy.table,
  GlobalSecondaryIndexes,
})
const byPlan = keyed('byPlan', 'plan')
const kmsFault = (kind: 'refuse' | 'deny') => ({ region: WEST, service: 'kms', kind }) as const

/** A keyring that says nothing of itself. */
const opaque = (own: Keyring): Keyring => ({
  onEncrypt: material => own.onEncrypt(material),
  onDecrypt: (material, keys) => own.onDecrypt(material, keys),
  [dataKeySource]: own[dataKeySource],
})

const refuse = async () => {
  throw new Error('nothing is sealed here')
}
const wholeItems: Format = {
  attributes: ['head', 'foot'],
  wholeItems: true,
  looksSealed: () => false,
  isSealed: () => false,
  seal: refuse,
  open: refuse,
}

export const PLANTED_FAULTS: readonly PlantedFault[] = [
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
    fault: 'DynamoDB is unreachable in a region',
    plant: ({ cloud }) => cloud.fault({ region: WEST, service: 'dynamodb', kind: 'refuse' }),
    finds: [`dynamodb-unreachable ${WEST}`],
  },
  {
    fault: 'a table is missing in a region',
    plan: { tableIn: [EAST] },
    plant: () => {},
    finds: [`table-missing ${WEST}`],
  },
  {
    fault: 'a table may not be described',
    plant: ({ cloud }) =>
      cloud.fault({ region: WEST, service: 'dynamodb', operation: 'DescribeTable', kind: 'deny' }),
    finds: [`table-not-described ${WEST}`],
  },
  {
    fault: 'a table is still being made',
    plan: { tableIn: [], keyIn: [EAST], named: [EAST], clientsFor: [EAST], settleDelay: 3_600_000 },
    plant: async ({ dynamodb }) => {
      await dynamodb(EAST).createTable({ TableName: 'people', ...healthy.table })
      await recover(dynamodb(EAST))
    },
    finds: [`table-not-active ${EAST}`],
  },
  {
    fault: 'two tables of one name are no global table',
    plan: { tableIn: [EAST] },
    plant: async ({ dynamodb }) => {
      await dynamodb(WEST).createTable({ TableName: 'people', ...healthy.table })
      await recover(dynamodb(WEST))
    },
    finds: [`separate-tables ${both}`],
  },
  {
    fault: 'the key is in a region more than the table',
    plan: { regions: three, keyIn: three, named: three },
    finds: [`table-not-global ${EU}`],
    isMended: true,
  },
  {
    fault: 'the table is in a region more than the key',
    plan: {
      regions: three,
      tableIn: three,
      recoveryIn: three,
      clientsFor: three,
      keyring: region => ({ region: region === EU ? EAST : region }),
    },
    finds: [`region-without-key ${EU}`],
  },
  {
    fault: 'the configuration has no client for a region of the table',
    plan: { clientsFor: [EAST] },
    finds: [`region-without-client ${WEST}`],
  },
  {
    fault: 'the primary key is another one',
    plan: {
      declarations: () => [
        { ...declared.person, key: ['pk'] },
        { ...declared.company, key: ['pk'] },
      ],
    },
    finds: [`key-schema-differs ${both}`],
  },
  {
    fault: 'the logical name has the region in it',
    plan: { options: region => ({ logicalTableName: name => `${name}-${region}` }) },
    finds: [`logical-name-differs ${both}`],
  },
  {
    fault: 'two tables have one logical name',
    plan: {
      tables: ['people', 'people-restored'],
      options: () => ({ logicalTableName: () => 'people' }),
      declarations: () =>
        [declared.person, declared.company].flatMap(one => [one, { ...one, table: 'people-restored' }]),
    },
    finds: ['logical-name-shared '],
  },
  {
    fault: 'a client does not know an entity',
    plan: {
      declarations: region => (region === WEST ? [declared.person] : [declared.person, declared.company]),
    },
    finds: [`entities-differ ${both}`],
  },
  {
    fault: 'entities are told apart by another attribute in a region',
    plan: {
      declarations: region =>
        [declared.person, declared.company].map(one => ({
          ...one,
          when: { ...one.when!, attribute: region === WEST ? 'type' : 'kind' },
        })),
    },
    finds: [`entities-differ ${both}`],
  },
  {
    fault: 'a client encrypts less',
    plan: {
      declarations: region => [
        { ...declared.person, encrypted: region === WEST ? ['email'] : ['email', 'ssn'] },
        declared.company,
      ],
    },
    finds: [`encrypted-differs ${both}`],
  },
  {
    fault: 'envelopes stand in another attribute in a region',
    plan: { options: region => (region === WEST ? { envelopeAttribute: 'sealed' } : {}) },
    finds: [`envelope-attribute-differs ${both}`],
  },
  {
    fault: 'items expire by an encrypted attribute',
    plan: { engine: 'dynoxide' },
    plant: ({ dynamodb }) =>
      dynamodb(EAST).updateTimeToLive({
        TableName: 'people',
        TimeToLiveSpecification: { AttributeName: 'ssn', Enabled: true },
      }),
    finds: [`time-to-live-encrypted ${both}`],
    isMended: true,
  },
  {
    fault: 'the key of an index is encrypted',
    plan: {
      engine: 'dynoxide',
      table: {
        ...indexes(...healthy.table.GlobalSecondaryIndexes!, keyed('bySsn', 'ssn')),
        AttributeDefinitions: defined({ id: 'S', plan: 'S', emailToken: 'S', ssn: 'S' }),
      },
    },
    finds: [`index-key-encrypted ${both}`],
    isMended: true,
  },
  {
    fault: 'an index lacks the envelope',
    plan: {
      engine: 'dynoxide',
      table: indexes(byPlan, keyed('byEmail', 'emailToken', 'email', 'kind')),
    },
    finds: [`index-lacks-envelope ${both}`],
    isMended: true,
  },
  {
    fault: 'a local index lacks the envelope',
    plan: {
      declarations: () => [declared.person, declared.company].map(one => ({ ...one, key: ['id', 'at'] })),
      table: {
        ...healthy.table,
        AttributeDefinitions: defined({ id: 'S', at: 'S', plan: 'S', emailToken: 'S' }),
        KeySchema: [
          { AttributeName: 'id', KeyType: 'HASH' },
          { AttributeName: 'at', KeyType: 'RANGE' },
        ],
        LocalSecondaryIndexes: [
          {
            IndexName: 'itsPlans',
            KeySchema: [
              { AttributeName: 'id', KeyType: 'HASH' },
              { AttributeName: 'plan', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['ssn', 'kind'] },
          },
        ],
      },
    },
    finds: [`index-lacks-envelope ${both}`],
  },
  {
    fault: 'items are sealed as wholes, and an index has a part of them',
    plan: { options: () => ({ format: wholeItems }), searchKeyOf: undefined },
    finds: [`index-not-whole ${both}`, `keyring-opaque ${EAST}`, `keyring-opaque ${WEST}`],
  },
  {
    fault: 'an index lacks the name of the entity',
    plan: {
      engine: 'dynoxide',
      table: indexes(byPlan, keyed('byEmail', 'emailToken', 'email', 'dynaseal')),
    },
    finds: [`index-lacks-entity ${both}`],
    isMended: true,
  },
  {
    fault: 'an index of tokens lacks what they are of',
    plan: {
      engine: 'dynoxide',
      table: indexes(byPlan, {
        ...keyed('byEmail', 'emailToken'),
        Projection: { ProjectionType: 'KEYS_ONLY' },
      }),
    },
    finds: [`index-lacks-searched ${both}`],
    isMended: true,
  },
  {
    fault: 'a token is the key of an index of numbers',
    plan: {
      engine: 'dynoxide',
      table: {
        ...healthy.table,
        AttributeDefinitions: defined({ id: 'S', plan: 'S', emailToken: 'N' }),
      },
    },
    finds: [`token-key-type ${both}`],
    isMended: true,
  },
  {
    fault: 'a token is the key of a table, which is of numbers',
    plan: {
      declarations: () => [
        {
          table: 'people',
          key: ['emailToken'],
          encrypted: ['email'],
          tokens: { emailToken: { of: 'email' } },
        },
      ],
      table: {
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: defined({ emailToken: 'N' }),
        KeySchema: [{ AttributeName: 'emailToken', KeyType: 'HASH' }],
      },
    },
    finds: [`token-key-type ${both}`],
  },
  {
    fault: 'a set of tokens is the key of an index',
    plan: {
      declarations: () => [
        { ...declared.person, tokens: { emailToken: { of: 'email', members: true } } },
        declared.company,
      ],
    },
    finds: [`token-key-type ${both}`],
  },
  {
    fault: 'point-in-time recovery is off in a region',
    plan: { recoveryIn: [EAST] },
    finds: [`recovery-off ${WEST}`],
    isMended: true,
  },
  {
    fault: 'the stream has keys alone',
    plan: {
      engine: 'dynoxide',
      table: {
        ...healthy.table,
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
      },
    },
    finds: [`stream-keys-only ${EAST}`, `stream-keys-only ${WEST}`],
  },
]

async function recover(dynamodb: ReturnType<World['dynamodb']>): Promise<void> {
  await dynamodb.updateContinuousBackups({
    TableName: 'people',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  })
}

/** A key of the same id and other material takes a second cloud: in one, replicas always agree. */
export async function otherMaterial(keyId: string) {
  const cloud = await startLocalCloud({
    regions: [WEST],
    keys: ['alias/people', 'alias/others'].map((AliasName, i) =>
      i === 0 ? { AliasName, KeyId: keyId, MultiRegion: true } : { AliasName },
    ),
  })
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = (region: string) =>
    new KMS({ region, endpoint: cloud.endpoint, credentials, maxAttempts: 1 })
  return { client, stop: () => cloud.stop() }
}
