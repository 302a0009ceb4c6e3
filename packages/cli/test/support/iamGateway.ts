import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runSimulation } from '@cloud-copilot/iam-simulate'
import type { PolicyDocument } from '../../src/api.js'

const ACCOUNT = '000000000000'

/** What a request takes: an action on a resource, with what conditions can see. */
interface Need {
  readonly action: string
  readonly resource: string
  readonly context: Record<string, string | string[]>
}

interface Asked extends Need {
  readonly principal: string
  readonly allowed: boolean
}

export interface IamGateway {
  readonly endpoint: string
  /** IAM policies by access key id: whoever has none is refused everything. */
  readonly identities: Map<string, readonly PolicyDocument[]>
  /** By the ARN of the key. */
  readonly keyPolicies: Map<string, PolicyDocument>
  /** In order. */
  readonly asked: Asked[]
  stop(): Promise<void>
}

/**
 * Stands before the local cloud, which enforces no policies, and lets through what IAM policies and key policies allow, as
 * another evaluator of them decides.
 */
export async function startIamGateway(target: string): Promise<IamGateway> {
  const { hostname, port } = new URL(target)
  const gateway = {
    identities: new Map<string, readonly PolicyDocument[]>(),
    keyPolicies: new Map<string, PolicyDocument>(),
    asked: [] as Asked[],
  }
  const server = createServer(async (incoming, answer) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const { method, url, headers } = incoming
    const refused = await refusal(headers, body, gateway)
    if (refused !== undefined) {
      answer.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
      answer.end(JSON.stringify({ __type: 'AccessDeniedException', message: refused, Message: refused }))
      return
    }
    const outgoing = request({ hostname, port, method, path: url, headers }, response => {
      answer.writeHead(response.statusCode ?? 500, response.headers)
      response.pipe(answer)
    })
    outgoing.on('error', () => answer.destroy())
    outgoing.end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    ...gateway,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function refusal(
  headers: IncomingHttpHeaders,
  body: Buffer,
  { identities, keyPolicies, asked }: Pick<IamGateway, 'identities' | 'keyPolicies' | 'asked'>,
): Promise<string | undefined> {
  const [, principal = '', region = '', service = ''] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? '') ?? []
  const operation = String(headers['x-amz-target']).split('.').at(-1)!
  const needs = needsOf(service, region, operation, JSON.parse(body.toString()))
  for (const need of needs) {
    const allowed = await isAllowed(
      principal,
      need,
      identities.get(principal) ?? [],
      keyPolicies.get(need.resource),
    )
    asked.push({ ...need, principal, allowed })
    if (!allowed)
      return `User: ${principal} is not authorized to perform: ${need.action} on resource: ${need.resource}`
  }
  return undefined
}

/**
 * The evaluator does not find a pair of the encryption context by its name, as it does find a tag of the caller: for its eyes, each
 * pair is such a tag, in the policies and in the request.
 */
function asTags<T>(value: T): T {
  return value === undefined
    ? value
    : JSON.parse(JSON.stringify(value).replaceAll('"kms:EncryptionContext:', '"aws:PrincipalTag/'))
}

async function isAllowed(
  principal: string,
  { action, resource, context }: Need,
  identities: readonly PolicyDocument[],
  keyPolicy: PolicyDocument | undefined,
): Promise<boolean> {
  // A key without a policy of its own here allows nothing: a key policy is the first thing that KMS looks at.
  const resourcePolicy = action.startsWith('kms:')
    ? (keyPolicy ?? { Version: '2012-10-17', Statement: [] })
    : undefined
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${ACCOUNT}:user/${principal}`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: asTags(context),
      },
      identityPolicies: identities.map((policy, index) => ({
        name: `policy${index}`,
        policy: asTags(policy),
      })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: asTags(resourcePolicy),
    },
    {},
  )
  if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors))
  return result.overallResult === 'Allowed'
}

type Pairs = Readonly<Record<string, string>>

interface Member {
  readonly TableName: string
}

/** What is looked at in the body of a request. */
interface Body extends Partial<Member> {
  readonly KeyId?: string
  readonly EncryptionContext?: Pairs
  readonly SourceKeyId?: string
  readonly SourceEncryptionContext?: Pairs
  readonly DestinationKeyId?: string
  readonly DestinationEncryptionContext?: Pairs
  readonly IndexName?: string
  readonly RequestItems?: object
  readonly TransactItems?: readonly Readonly<Record<string, Member>>[]
}

function use(action: string, keyArn = '', pairs: Pairs = {}): Need {
  const entries = Object.entries(pairs).map(([name, value]) => [`kms:EncryptionContext:${name}`, value])
  return { action: `kms:${action}`, resource: keyArn, context: Object.fromEntries(entries) }
}

function needsOf(service: string, region: string, operation: string, body: Body): Need[] {
  const { TableName, IndexName, RequestItems = {}, TransactItems = [] } = body
  if (service === 'kms') {
    if (operation === 'ListAliases') return [use(operation, '*')]
    if (operation !== 'ReEncrypt') return [use(operation, body.KeyId, body.EncryptionContext)]
    return [
      use('ReEncryptFrom', body.SourceKeyId, body.SourceEncryptionContext),
      use('ReEncryptTo', body.DestinationKeyId, body.DestinationEncryptionContext),
    ]
  }
  const on = (table: string, action: string): Need => ({
    action: `dynamodb:${action}`,
    resource: `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${table}`,
    context: {},
  })
  if (operation.startsWith('Batch')) return Object.keys(RequestItems).map(table => on(table, operation))
  if (!operation.startsWith('Transact'))
    return [on(IndexName === undefined ? TableName! : `${TableName}/index/${IndexName}`, operation)]
  return TransactItems.flatMap(member =>
    Object.entries(member).map(([name, { TableName }]) =>
      on(TableName, name === 'ConditionCheck' ? 'ConditionCheckItem' : `${name}Item`),
    ),
  )
}
