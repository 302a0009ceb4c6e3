import type { PolicyDocument, Statement } from './document.js'
import { numbered } from './statements.js'

/** Characters of a managed policy, without white space (IAM user guide, "IAM and AWS STS quotas"). They are never raised. */
export const MANAGED_POLICY = 6_144

/** What a policy has as IAM counts it: without white space. */
export function compact(policy: PolicyDocument): string {
  return JSON.stringify(policy)
}

/**
 * A policy in as many documents as managed policies take, which allow together what it allows. Statements stay whole where they
 * fit; one that is too long for a policy is taken apart by its resources, or by the values of a condition.
 *
 * @returns at least one; a statement that cannot be taken apart any more may be longer than `size`
 */
export function split(policy: PolicyDocument, size = MANAGED_POLICY): PolicyDocument[] {
  if (compact(policy).length <= size) return [policy]
  const document = (statements: readonly Statement[]) => ({ ...policy, Statement: numbered(statements) })
  const fits = (...statements: Statement[]) => compact(document(statements)).length <= size
  const documents: Statement[][] = []
  for (const statement of policy.Statement.flatMap(one => parts(one, fits))) {
    const last = documents.at(-1)
    if (last !== undefined && fits(...last, statement)) last.push(statement)
    else documents.push([statement])
  }
  return documents.map(document)
}

function parts(statement: Statement, fits: (statement: Statement) => boolean): Statement[] {
  const two = fits(statement) ? undefined : halves(statement)
  return two === undefined ? [statement] : two.flatMap(half => parts(half, fits))
}

/** Two that allow together what one allows: of its longest list, each has a half. Undefined where all lists are of one. */
function halves(statement: Statement): [Statement, Statement] | undefined {
  const { Resource, Condition = {} } = statement
  const ofCondition = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({
      values,
      having: (some: readonly string[]) => ({
        ...statement,
        Condition: { ...Condition, [operator]: { ...keys, [key]: some } },
      }),
    })),
  )
  const lists = [
    { values: Resource, having: (some: readonly string[]) => ({ ...statement, Resource: some }) },
  ]
  const [longest] = [...lists, ...ofCondition].sort((a, b) => lengthOf(b.values) - lengthOf(a.values))
  const { values, having } = longest!
  if (values.length < 2) return undefined
  const middle = Math.ceil(values.length / 2)
  return [having(values.slice(0, middle)), having(values.slice(middle))]
}

function lengthOf(values: readonly string[]): number {
  return values.length < 2 ? 0 : JSON.stringify(values).length
}
