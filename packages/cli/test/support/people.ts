/** A table of people behind a gateway that holds everybody to the policies of a configuration. */
import { CreateTableCommand, DynamoDB } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { type SealOptions, sealDocumentClient } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type Policies, type PolicyDocument, type Project, policiesOf, projectOf } from '../../src/api.js'
import { createWorld, EAST, WEST, type World } from './cloud.js'
import { type IamGateway, startIamGateway } from './iamGateway.js'

// Set before the first test of whoever imports them.
export let world: World
export let gateway: IamGateway
export let searchKey: Uint8Array
let project: Project
export let policies: Policies

export const aws = (region: string, accessKeyId: string, endpoint = gateway.endpoint) => ({
  region,
  endpoint,
  maxAttempts: 1,
  credentials: { accessKeyId, secretAccessKey: 'test' },
})

const PEOPLE = {
  table: 'people',
  key: ['id'],
  encrypted: ['email', 'ssn'],
  indexKeys: { byEmail: ['emailToken'] },
  tokens: { emailToken: { of: 'email' } },
}

/** A client of somebody, whose every request passes the gateway. */
export function clientOf(principal: string, options: Partial<SealOptions> = {}, region = EAST) {
  const keyring = new MrkKeyring({
    keyArns: [...world.keyArns],
    region,
    client: one => new KMS(aws(one, principal)),
  })
  const documents = DynamoDBDocumentClient.from(new DynamoDB(aws(region, principal)))
  const tokens = createSearchTokens({ keyring, writeWith: searchKey })
  const client = sealDocumentClient(documents, { keyring, search: tokens, ...(options as object) })
  client.declare(PEOPLE)
  return client
}

/** The same as a file for the command. */
export const configOf = (principal: string) => `
  import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
  import { KMSClient } from '@aws-sdk/client-kms'
  import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
  import { createSearchTokens } from '@dynaseal/core'
  import { sealDocumentClient } from '@dynaseal/document-client'
  import { MrkKeyring } from '@dynaseal/mrk-keyring'
  const credentials = { accessKeyId: '${principal}', secretAccessKey: 'test' }
  const aws = region => ({ region, endpoint: '${gateway.endpoint}', maxAttempts: 1, credentials })
  const writeWith = Buffer.from('${Buffer.from(searchKey).toString('base64')}', 'base64')
  const client = region => {
    const keyring = new MrkKeyring({ keyArns: ${JSON.stringify(world.keyArns)}, region, client: one => new KMSClient(aws(one)) })
    const search = createSearchTokens({ keyring, writeWith })
    const sealed = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(aws(region))), { keyring, search })
    sealed.declare(${JSON.stringify(PEOPLE)})
    return sealed
  }
  export default { clients: [client('${EAST}'), client('${WEST}')] }
`

beforeAll(async () => {
  // Transactions are not in dynalite.
  world = await createWorld({ engine: 'dynoxide' })
  gateway = await startIamGateway(world.cloud.endpoint)
  const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const })
  const key = (AttributeName: string) => [{ AttributeName, KeyType: 'HASH' as const }]
  await world.dynamodb.send(
    new CreateTableCommand({
      TableName: 'people',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [attribute('id'), attribute('emailToken')],
      KeySchema: key('id'),
      GlobalSecondaryIndexes: [
        { IndexName: 'byEmail', KeySchema: key('emailToken'), Projection: { ProjectionType: 'ALL' } },
      ],
    }),
  )
  searchKey = await createSearchKey(
    new MrkKeyring({ keyArns: [...world.keyArns], client: region => new KMS(world.config(region)) }),
  )
  project = await projectOf({ clients: [clientOf('nobody'), clientOf('nobody', {}, WEST)] })
  policies = await policiesOf(project, { checkpointTable: 'checkpoints' })
  await world.dynamodb.createTable({
    TableName: 'checkpoints',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [attribute('id')],
    KeySchema: key('id'),
  })
  for (const [role, policy] of Object.entries(policies.roles)) gateway.identities.set(role, [policy])
  for (const { replicas, policy } of policies.keys)
    for (const { arn } of replicas) gateway.keyPolicies.set(arn, policy)
  gateway.identities.set('application', [policies.roles.readers, policies.roles.writers])
  const application = clientOf('application')
  for (const id of ['ada', 'bob'])
    await application.send(new PutCommand({ TableName: 'people', Item: item(id) }))
})
afterAll(async () => {
  await gateway.stop()
  await world.stop()
})
beforeEach(() => {
  gateway.asked.length = 0
  world.cloud.clearCalls()
})

export const item = (id: string) => ({ id, email: `${id}@example.com`, ssn: '078-05-1120' })
export const TableName = 'people'

export const actionsOf = ({ Statement }: PolicyDocument) => new Set(Statement.flatMap(({ Action }) => Action))
