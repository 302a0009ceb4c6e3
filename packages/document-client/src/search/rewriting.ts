import type { VersionedToken } from '@dynaseal/core'
import type { Condition } from '../expressions/condition.js'
import type { Item } from '../values/place.js'
import type { Searches, TokenTest } from './searches.js'

const VALUE = ':dynaseal_search_'

/** A choice of one token for each search by a key. */
export interface KeyChoice {
  /** The versions of the search keys that it is of. */
  readonly name: string
  /** By test. */
  readonly tokens: ReadonlyMap<TokenTest, string>
}

export const NO_CHOICE: KeyChoice = { name: '', tokens: new Map() }

/**
 * All ways to choose a version for what a query's key is compared with: a key has one value, so each takes a query of its
 * own. One that chooses nothing where no key is searched for. When all tokens are made; those of older versions first.
 */
export function keyChoices({ conditions, tests }: Searches): KeyChoice[] {
  let choices: KeyChoice[] = [NO_CHOICE]
  const key = conditions.get('KeyConditionExpression')
  for (const test of tests.values()) {
    if (key === undefined || !isWithin(key, test)) continue
    choices = choices.flatMap(({ name, tokens }) =>
      byAge(test.found[0] ?? []).map(({ token, version }) => ({
        name: name === '' ? `${version}` : `${name},${version}`,
        tokens: new Map([...tokens, [test, token]]),
      })),
    )
  }
  return choices
}

/** Older search keys have lower versions. */
function byAge(versions: readonly VersionedToken[]): VersionedToken[] {
  return versions.toSorted((one, other) => one.version - other.version)
}

function isWithin(condition: Condition, token: TokenTest): boolean {
  return condition.kind === 'test'
    ? condition === token.test
    : condition.conditions.some(part => isWithin(part, token))
}

/**
 * Puts tokens in the place of what is searched for: of all versions, but for keys. When all tokens are made.
 *
 * @param params the command's own, which are changed
 */
export function rewrite(params: Item, { conditions, tests }: Searches, choice: KeyChoice): void {
  const values = params.ExpressionAttributeValues as Item
  let count = 0
  const placeholder = (token: string) => {
    const name = `${VALUE}${count++}`
    values[name] = token
    return name
  }
  for (const [parameter, condition] of conditions) {
    let expression = params[parameter] as string
    const own = [...tests.values()]
      .filter(test => isWithin(condition, test))
      .sort((a, b) => b.test.start - a.test.start)
    for (const each of own) {
      const { test, path, found } = each
      const chosen = choice.tokens.get(each)
      const tokens = chosen === undefined ? found.flat().map(({ token }) => token) : [chosen]
      const attribute = expression.slice(path.start, path.end).trim()
      const text = testOf(test.operator, attribute, [...new Set(tokens)].map(placeholder))
      expression = `${expression.slice(0, test.start)}${text} ${expression.slice(test.end)}`
    }
    params[parameter] = expression.trim()
  }
  for (const { test } of tests.values())
    for (const operand of test.operands) if ('value' in operand) delete values[operand.value]
}

function testOf(operator: string, attribute: string, tokens: readonly string[]): string {
  if (operator !== 'contains')
    return tokens.length === 1 ? `${attribute} = ${tokens[0]}` : `${attribute} IN (${tokens.join(', ')})`
  const each = tokens.map(token => `contains(${attribute}, ${token})`)
  return each.length === 1 ? each[0]! : `(${each.join(' OR ')})`
}
