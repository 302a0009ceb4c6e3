import type { Format } from '@dynaseal/core'
import { declared, defined, EAST, healthy, keyed, type Plan, WEST } from '../setUp.js'
import { both, type PlantedFault } from './plantedFault.js'

const indexes = (...GlobalSecondaryIndexes: Plan['table']['GlobalSecondaryIndexes'] & object) => ({
  ...healthy.table,
  GlobalSecondaryIndexes,
})
const byPlan = keyed('byPlan', 'plan')
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

/** Faults of attributes, indexes and streams. */
export const ATTRIBUTE_FAULTS: readonly PlantedFault[] = [
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
