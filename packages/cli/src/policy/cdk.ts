import type { PolicyDocument, Statement } from './document.js'
import { type Policies, ROLES } from './policies.js'
import { split } from './split.js'

const HEAD = `// Made by: dynaseal policy --as cdk. For aws-cdk-lib 2.
import * as iam from 'aws-cdk-lib/aws-iam'
`

const ROLE_TEXTS = {
  readers:
    '/** For processes that open what is encrypted: new iam.ManagedPolicy(this, id, { document: readers }) */',
  writers: '/** For processes that seal. Those that do both have both. */',
  operators: '/** For who runs dynaseal. */',
}

const MORE = '/** More of the same, for a managed policy of its own: one would be too long. */'

/** A module of TypeScript: a document for each role, or several where one would be too long, and one for each key by its id, of which each replica has to have it. */
export function cdkOf({ roles, keys }: Policies): string {
  const ofRoles = ROLES.flatMap(role =>
    split(roles[role]).map((policy, i) => {
      const [text, name] = i === 0 ? [ROLE_TEXTS[role], role] : [MORE, `${role}${i + 1}`]
      return `\n${text}\nexport const ${name} = ${document(policy, '')}\n`
    }),
  )
  const ofKeys = keys.map(({ id, replicas, policy }) => {
    const regions = replicas.map(({ region }) => `  // ${region}\n`).join('')
    return `${regions}  ${text(id)}: ${document(policy, '  ')},\n`
  })
  const note = '\n/** By the id of the key: the policy of each of its replicas. */\n'
  return `${HEAD}${ofRoles.join('')}${note}export const keyPolicies = {\n${ofKeys.join('')}}\n`
}

function document({ Statement: statements }: PolicyDocument, indent: string): string {
  const inner = `${indent}    `
  const list = statements.map(
    one => `${inner}new iam.PolicyStatement({\n${members(one, `${inner}  `)}${inner}}),\n`,
  )
  return `new iam.PolicyDocument({\n${indent}  statements: [\n${list.join('')}${indent}  ],\n${indent}})`
}

function members({ Sid, Principal, Action, Resource, Condition }: Statement, indent: string): string {
  const lines = [
    `sid: ${text(Sid)},`,
    ...(Principal === undefined ? [] : [`principals: [new iam.ArnPrincipal(${text(Principal.AWS)})],`]),
    `actions: ${texts(Action, indent)},`,
    `resources: ${texts(Resource, indent)},`,
    ...(Condition === undefined ? [] : conditions(Condition)),
  ]
  return lines.map(line => `${indent}${line}\n`).join('')
}

function conditions(condition: NonNullable<Statement['Condition']>): string[] {
  const operators = Object.entries(condition).flatMap(([operator, keys]) => [
    `  ${operator}: {`,
    ...Object.entries(keys).map(([key, values]) => `    ${text(key)}: [${values.map(text).join(', ')}],`),
    '  },',
  ])
  return ['conditions: {', ...operators, '},']
}

function texts(values: readonly string[], indent: string): string {
  if (values.length === 1) return `[${text(values[0]!)}]`
  return `[\n${values.map(value => `${indent}  ${text(value)},\n`).join('')}${indent}]`
}

/** As TypeScript writes it. */
function text(value: string): string {
  const quoted = JSON.stringify(value)
  return value.includes("'") || value.includes('"') || value.includes('\\')
    ? quoted
    : `'${quoted.slice(1, -1)}'`
}
