import type { PolicyDocument, Statement } from './document.js'
import { type Policies, ROLES } from './policies.js'
import { split } from './split.js'

const HEAD = `# Made by: dynaseal policy --as terraform. For the provider hashicorp/aws 6,
# whose resources have a region each.
`

/** HCL: a policy for each role, or several where one would be too long, and one for each replica of each key. */
export function terraformOf({ roles, keys }: Policies): string {
  const ofRoles = ROLES.flatMap(role =>
    split(roles[role]).flatMap((policy, i) => {
      const part = i === 0 ? '' : String(i + 1)
      const name = `dynaseal_${role}${part}`
      return [
        documentData(name, policy),
        block(`resource "aws_iam_policy" "${name}"`, [
          `name   = "dynaseal-${role}${part}"`,
          `policy = data.aws_iam_policy_document.${name}.json`,
        ]),
      ]
    }),
  )
  const ofKeys = keys.flatMap(({ id, replicas, policy }) => {
    const name = `dynaseal_${word(id)}`
    return [
      documentData(name, policy),
      ...replicas.map(({ region, arn }) =>
        block(`resource "aws_kms_key_policy" "${name}_${word(region)}"`, [
          `region = ${text(region)}`,
          `key_id = ${text(arn)}`,
          `policy = data.aws_iam_policy_document.${name}.json`,
        ]),
      ),
    ]
  })
  return [HEAD, ...ofRoles, ...ofKeys].join('\n')
}

function documentData(name: string, { Statement: statements }: PolicyDocument): string {
  return block(`data "aws_iam_policy_document" "${name}"`, statements.flatMap(statement))
}

function statement({ Sid, Effect, Principal, Action, Resource, Condition = {} }: Statement): string[] {
  const principals =
    Principal && lines('principals', [`type        = "AWS"`, `identifiers = [${text(Principal.AWS)}]`])
  const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).flatMap(([key, values]) =>
      lines('condition', [
        `test     = ${text(operator)}`,
        `variable = ${text(key)}`,
        `values   = [${values.map(text).join(', ')}]`,
      ]),
    ),
  )
  return lines('statement', [
    `sid       = ${text(Sid)}`,
    `effect    = ${text(Effect)}`,
    ...list('actions  ', Action),
    ...list('resources', Resource),
    ...(principals ?? []),
    ...conditions,
  ])
}

function list(name: string, values: readonly string[]): string[] {
  if (values.length === 1) return [`${name} = [${text(values[0]!)}]`]
  return [`${name} = [`, ...values.map(value => `  ${text(value)},`), ']']
}

function lines(head: string, body: readonly string[]): string[] {
  return [`${head} {`, ...body.map(line => `  ${line}`), '}']
}

function block(head: string, body: readonly string[]): string {
  return lines(head, body)
    .map(line => `${line}\n`)
    .join('')
}

/** For a name: letters, digits and `_`. */
function word(value: string): string {
  return value.replaceAll(/\W/g, '_')
}

const ESCAPES: Readonly<Record<string, string>> = { '\\b': '\\u0008', '\\f': '\\u000c' }

/** A quoted template without templates (HCL native syntax, "Template Expressions"), which knows fewer escapes than JSON. */
function text(value: string): string {
  return JSON.stringify(value)
    .replaceAll(/\\./g, sequence => ESCAPES[sequence] ?? sequence)
    .replaceAll(/[$%](?=\{)/g, mark => mark + mark)
}
