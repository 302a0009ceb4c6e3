import type { VersionedToken } from '@dynaseal/core'
import type { Condition } from '../expressions/condition.js'
import type { Item } from '../values/place.js'
import type { Searches, TokenTest } from './searches.js'

/** Of the placeholders. They are kept: a name that is made anew each time is slow to set. */
const names: string[] = []
const nameOf = (index: number) => (names[index] ??= `:dynaseal_search_${index}`)

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
    const longer: KeyChoice[] = []
    for (const { name, tokens } of choices)
      for (const { token, version } of byAge(test.found[0] ?? []))
        longer.push({
          name: name === '' ? `${version}` : `${name},${version}`,
          tokens: new Map(tokens).set(test, token),
        })
    choices = longer
  }
  return choices
}

/** Older search keys have lower versions. */
function byAge(versions: readonly VersionedToken[]): readonly VersionedToken[] {
  return versions.length > 1 ? versions.toSorted((one, other) => one.version - other.version) : versions
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
  // Before others are added: the object of a member that is not its last one is slow from then on.
  for (const { test } of tests.values())
    for (const operand of test.operands) if ('value' in operand) delete values[operand.value]
  let count = 0
  const placeholder = (token: string) => {
    const name = nameOf(count++)
    values[name] = token
    return name
  }
  for (const [parameter, condition] of conditions) {
    let expression = params[parameter] as string
    const own = [...tests.values()].filter(test => isWithin(condition, test))
    // From the end on, so that the places of those before it stay what they are.
    if (own.length > 1) own.sort((a, b) => b.test.start - a.test.start)
    for (const each of own) {
      const { test, path, found } = each
      const chosen = choice.tokens.get(each)
      const attribute = expression.slice(path.start, path.end).trim()
      const all = () => [...new Set(found.flat().map(({ token }) => token))]
      // A key is compared by equality alone.
      const text =
        chosen === undefined
          ? testOf(test.operator, attribute, all().map(placeholder))
          : `${attribute} = ${placeholder(chosen)}`
      expression = `${expression.slice(0, test.start)}${text} ${expression.slice(test.end)}`
    }
    params[parameter] = expression.trim()
  }
}

function testOf(operator: string, attribute: string, tokens: readonly string[]): string {
  if (operator !== 'contains')
    return tokens.length === 1 ? `${attribute} = ${tokens[0]}` : `${attribute} IN (${tokens.join(', ')})`
  const each = tokens.map(token => `contains(${attribute}, ${token})`)
  return each.length === 1 ? each[0]! : `(${each.join(' OR ')})`
}
