import { noTables, type Project } from '../config/project.js'
import { CliError } from '../errors.js'
import type { PolicyDocument, Statement } from './document.js'
import { type KeyPolicy, keyPolicies } from './keyPolicies.js'
import { type KeyUse, type Uses, usesOf } from './keyUses.js'
import { merged, numbered } from './statements.js'

/**
 * Who uses a configuration: `readers` open what is encrypted; `writers` seal; `operators` run this command. A process that
 * reads and writes has both policies.
 */
export const ROLES = ['readers', 'writers', 'operators'] as const
export type Role = (typeof ROLES)[number]

/** The least that each role needs, and that each key has to allow. */
export interface Policies {
  readonly roles: Readonly<Record<Role, PolicyDocument>>
  readonly keys: readonly KeyPolicy[]
}

export interface PolicyOptions {
  /** Only of the client of this region; the keys' replicas stay, since each may have to stand in. Default: of all. */
  readonly region?: string | undefined
  /** Pairs of one tenant, for an encryption context that the application makes by the item. Default: none. */
  readonly context?: Readonly<Record<string, string>> | undefined
  /** Names in DynamoDB or logical: the roles have no other tables. The policies of keys are for all. Default: all. */
  readonly tables?: readonly string[] | undefined
  /** Where operators keep checkpoints, in each region. Default: in files. */
  readonly checkpointTable?: string | undefined
}

/**
 * The least IAM and key policies for a configuration. The tables are taken to be of the KMS keys' account.
 *
 * @throws {CliError} `unsupported`, `usage`, `config` or `unknown-region`
 */
export async function policiesOf(
  project: Project,
  { region, context = {}, tables, checkpointTable }: PolicyOptions = {},
): Promise<Policies> {
  const regions = region === undefined ? project.regions : [region]
  if (checkpointTable !== undefined && !TABLE_NAME.test(checkpointTable))
    throw new CliError('usage', `${JSON.stringify(checkpointTable)} is no name of a table.`)
  const clients = regions.map(one => project.client(one))
  const all = await usesOf(clients, context)
  if (all.keys.length === 0) throw noTables()
  const some = tables?.flatMap(name => namesOf(name, project, regions))
  const uses = some === undefined ? all : await usesOf(clients, context, some)
  const roles = Object.fromEntries(
    ROLES.map(role => [role, rolePolicy(role, uses, role === 'operators' ? checkpointTable : undefined)]),
  )
  return { roles: roles as Policies['roles'], keys: keyPolicies(all.keys) }
}

/** The names in DynamoDB of a table, in the regions whose clients know it. @throws {CliError} `unknown-table` for one that none knows */
function namesOf(name: string, project: Project, regions: readonly string[]): string[] {
  const found = regions.flatMap(region =>
    [...project.client(region).parts.tables.known].filter(
      ([added, table]) => added === name || table.name === name,
    ),
  )
  return found.length > 0 ? found.map(([added]) => added) : [project.target(name, regions[0]).tableName]
}

/** DynamoDB developer guide, "Naming rules": without what has a meaning in an ARN of a policy. */
const TABLE_NAME = /^[\w.-]{3,255}$/

interface Needs {
  readonly sid: string
  /** On the tables. */
  readonly actions: readonly string[]
  readonly uses: readonly KeyUse['what'][]
}

// Transactions need what their members need (DynamoDB developer guide, "Using IAM with DynamoDB transactions"). PartiQL is
// refused by a sealed client.
const NEEDS: Readonly<Record<Role, Needs>> = {
  readers: {
    sid: 'ReadItems',
    actions: ['BatchGetItem', 'GetItem', 'Query'],
    uses: ['open fields', 'open search keys', 'open branch keys', 'open beacon keys'],
  },
  writers: {
    sid: 'WriteItems',
    actions: ['BatchWriteItem', 'ConditionCheckItem', 'DeleteItem', 'PutItem', 'UpdateItem'],
    uses: ['seal fields', 'open search keys', 'open branch keys', 'open beacon keys'],
  },
  operators: {
    sid: 'OperateTables',
    actions: [
      'DescribeContinuousBackups',
      'DescribeTable',
      'DescribeTimeToLive',
      'GetItem',
      'Scan',
      'UpdateItem',
    ],
    uses: [
      'open fields',
      'seal fields',
      'open search keys',
      'make search keys',
      'open branch keys',
      'open beacon keys',
    ],
  },
}

const CHECKPOINT_ACTIONS = ['DeleteItem', 'DescribeTable', 'GetItem', 'PutItem']

const SIDS: Readonly<Record<KeyUse['what'], string>> = {
  'open fields': 'OpenFields',
  'seal fields': 'SealFields',
  'open search keys': 'OpenSearchKeys',
  'make search keys': 'MakeSearchKeys',
  'open branch keys': 'OpenBranchKeys',
  'open beacon keys': 'OpenBeaconKeys',
}

function rolePolicy(role: Role, { tables, keys }: Uses, checkpointTable: string | undefined): PolicyDocument {
  const { sid, actions, uses } = NEEDS[role]
  const [, partition, , , account] = keys[0]!.key.replicas[0]!.arn.split(':')
  const arn = (region: string, name: string) => `arn:${partition}:dynamodb:${region}:${account}:table/${name}`
  const onTables = tables.map(({ region, name, wholeItems }) => {
    const table = arn(region, name)
    const needed = wholeItems && role === 'writers' ? actions.filter(one => one !== 'UpdateItem') : actions
    const resources = role === 'readers' ? [table, `${table}/index/*`] : [table]
    return allow(sid, needed.map(inDynamoDB), resources)
  })
  const stores = keys.flatMap(({ key }) =>
    key.kind === 'branch-keys' ? key.keyStore.regions.map(region => arn(region, key.keyStore.tableName)) : [],
  )
  const statements: Statement[] = [
    ...onTables,
    ...(stores.length === 0 ? [] : [allow('ReadBranchKeys', ['GetItem', 'Query'].map(inDynamoDB), stores)]),
    ...keys
      .filter(({ what }) => uses.includes(what))
      .map(({ what, action, key, condition }) => ({
        ...allow(
          SIDS[what],
          [action],
          key.replicas.map(replica => replica.arn),
        ),
        Condition: condition,
      })),
  ]
  if (role === 'operators') {
    const moved = tables.filter(({ moves }) => moves).map(({ region, name }) => arn(region, name))
    if (moved.length > 0)
      statements.push(allow('MoveItems', ['DeleteItem', 'PutItem'].map(inDynamoDB), moved))
    if (checkpointTable !== undefined) {
      const checkpoints = [...new Set(tables.map(({ region }) => arn(region, checkpointTable)))]
      statements.push(allow('KeepCheckpoints', CHECKPOINT_ACTIONS.map(inDynamoDB), checkpoints))
    }
    statements.push(...lookingAtKeys(keys))
  }
  return { Version: '2012-10-17', Statement: numbered(merged(statements)) }
}

/** For `dynaseal doctor`. Aliases are listed of an account, and no condition narrows that. */
function lookingAtKeys(keys: readonly KeyUse[]): Statement[] {
  const replicas = keys.flatMap(({ key }) => key.replicas.map(({ arn }) => arn))
  return [
    allow('DescribeKeys', ['kms:DescribeKey'], replicas),
    allow('ListAliases', ['kms:ListAliases'], ['*']),
  ]
}

const inDynamoDB = (action: string) => `dynamodb:${action}`

function allow(Sid: string, Action: readonly string[], Resource: readonly string[]): Statement {
  return { Sid, Effect: 'Allow', Action, Resource: [...new Set(Resource)].sort() }
}
