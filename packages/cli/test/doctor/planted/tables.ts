import { declared, EAST, EU, healthy, WEST, type World } from '../setUp.js'
import { both, type PlantedFault } from './plantedFault.js'

const three = [EAST, WEST, EU]
/** Faults of tables, and of what clients know of them. */
export const TABLE_FAULTS: readonly PlantedFault[] = [
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
]

async function recover(dynamodb: ReturnType<World['dynamodb']>): Promise<void> {
  await dynamodb.updateContinuousBackups({
    TableName: 'people',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  })
}
