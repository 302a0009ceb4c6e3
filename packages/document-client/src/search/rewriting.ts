import type { VersionedToken } from '@dynaseal/core'
import type { Item } from '../values/place.js'
import type { Searches, TokenTest } from './searches.js'
import type { Expressions, SearchPlan } from './searchPlan.js'

/** Of the placeholders. Short, since an expression may have 4 KB, and one that searches for a hundred values has hundreds. */
const PREFIX = ':ds_'
/** They are kept: a name that is made anew each time is slow to set. */
const names: string[] = []
const kept = (index: number) => (names[index] ??= `${PREFIX}${index}`)
const nameOf = (prefix: string, index: number) => (prefix === PREFIX ? kept(index) : `${prefix}${index}`)

/** One that no placeholder of the caller begins with. */
function prefixBeside(values: Item): string {
  for (const name in values)
    if (name.startsWith(PREFIX)) return prefixBesideAll(Object.keys(values), `${PREFIX}_`)
  return PREFIX
}

function prefixBesideAll(given: readonly string[], prefix: string): string {
  return given.some(name => name.startsWith(prefix)) ? prefixBesideAll(given, `${prefix}_`) : prefix
}

/** Operands of an IN ("Comparison operator and function reference", Amazon DynamoDB developer guide). */
const MAX_OPERANDS = 100

/** A choice of one token for each search by a key. */
export interface KeyChoice {
  /** The versions of the search keys that it is of. */
  readonly name: string
  /** In the order of the tests; nothing for one of something else than a key. */
  readonly tokens: readonly (string | undefined)[]
}

export const NO_CHOICE: KeyChoice = { name: '', tokens: [] }

/**
 * All ways to choose a version for what a query's key is compared with: a key has one value, so each takes a query of its
 * own. One that chooses nothing where no key is searched for. When all tokens are made; those of older versions first.
 */
export function keyChoices({ tests }: Searches): readonly KeyChoice[] {
  let choices: readonly KeyChoice[] = [NO_CHOICE]
  for (let index = 0; index < tests.length; index++) {
    const { parameter, found } = tests[index]!
    choices =
      parameter === 'KeyConditionExpression'
        ? withEach(choices, byAge(found[0] ?? []))
        : choices.map(({ name, tokens }) => ({ name, tokens: [...tokens, undefined] }))
  }
  return choices
}

function withEach(choices: readonly KeyChoice[], versions: readonly VersionedToken[]): KeyChoice[] {
  const longer: KeyChoice[] = []
  for (let index = 0; index < choices.length; index++) {
    const { name, tokens } = choices[index]!
    for (let one = 0; one < versions.length; one++) {
      const { token, version } = versions[one]!
      longer.push({ name: name === '' ? `${version}` : `${name},${version}`, tokens: [...tokens, token] })
    }
  }
  return longer
}

/** Older search keys have lower versions. */
function byAge(versions: readonly VersionedToken[]): readonly VersionedToken[] {
  return versions.length > 1 ? versions.toSorted((one, other) => one.version - other.version) : versions
}

/**
 * Puts tokens in the place of what is searched for: of all versions, but for keys. When all tokens are made.
 *
 * @param params the command's own, which are changed
 */
export function rewrite(params: Item, { plan, tests }: Searches, choice: KeyChoice): void {
  const values = params.ExpressionAttributeValues as Item
  // Before others are added: the object of a member that is not its last one is slow from then on.
  for (const { placeholders } of tests) for (const placeholder of placeholders) delete values[placeholder]
  const prefix = prefixBeside(values)
  const counts: number[] = []
  let count = 0
  for (const index of plan.written) {
    const tokens = tokensFor(tests[index]!, choice.tokens[index])
    counts.push(tokens.length)
    for (const token of tokens) values[nameOf(prefix, count++)] = token
  }
  Object.assign(params, expressionsWith(params, plan, prefix, counts))
}

function tokensFor({ found }: TokenTest, chosen: string | undefined): readonly string[] {
  return chosen === undefined ? [...new Set(found.flat().map(({ token }) => token))] : [chosen]
}

/** @param counts how many tokens each test has, in the order in which they are written */
function expressionsWith(
  params: Item,
  plan: SearchPlan,
  prefix: string,
  counts: readonly number[],
): Readonly<Expressions> {
  // Those of the queries of all versions are the same, and so are those of most commands of one form.
  const last = plan.rewritten
  if (last?.prefix === prefix && last.counts.every((count, index) => count === counts[index]))
    return last.expressions
  const expressions: Expressions = {}
  for (const parameter of plan.conditions.keys()) expressions[parameter] = params[parameter] as string
  let count = 0
  for (const [position, index] of plan.written.entries()) {
    const { parameter, test, path } = plan.tests[index]!
    const expression = expressions[parameter]!
    const attribute = expression.slice(path.start, path.end).trim()
    const placeholders = Array.from({ length: counts[position]! }, () => nameOf(prefix, count++))
    const tests = testsOf(test.operator, attribute, placeholders)
    const [before, after] = [expression.slice(0, test.start), expression.slice(test.end)]
    // DynamoDB refuses redundant parentheses.
    const isEnclosed = before.trimEnd().endsWith('(') && after.trimStart().startsWith(')')
    const text = tests.length > 1 && !isEnclosed ? `(${tests.join(' OR ')})` : tests.join(' OR ')
    expressions[parameter] = `${before}${text} ${after}`
  }
  for (const parameter of plan.conditions.keys()) expressions[parameter] = expressions[parameter]!.trim()
  plan.rewritten = { prefix, counts, expressions }
  return expressions
}

/** One of them holds. */
function testsOf(operator: string, attribute: string, tokens: readonly string[]): string[] {
  if (operator === 'contains') return tokens.map(token => `contains(${attribute}, ${token})`)
  if (tokens.length === 1) return [`${attribute} = ${tokens[0]}`]
  const tests: string[] = []
  for (let start = 0; start < tokens.length; start += MAX_OPERANDS)
    tests.push(`${attribute} IN (${tokens.slice(start, start + MAX_OPERANDS).join(', ')})`)
  return tests
}
