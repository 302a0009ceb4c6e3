import { invalidOption } from './errors.js'
import { isPlainObject, kindOf } from './plainObject.js'

/**
 * Refuses what is no object of options, and names that none has: a misspelt option would be taken for its default.
 *
 * @param parent the option whose options these are; none for those of a format
 * @param names the options that there are; any, where it is left out: names that the caller chooses
 * @throws {ConfigurationError} `invalid-option`
 */
export function checkOptions(parent: string | undefined, options: unknown, names?: readonly string[]): void {
  if (!isPlainObject(options)) {
    const what = parent === undefined ? 'The options' : `The option ${parent}`
    throw invalidOption(`${what} must be a plain object, and not ${kindOf(options)}.`)
  }
  if (names === undefined) return
  const prefix = parent === undefined ? '' : `${parent}.`
  const unknown = Object.keys(options).filter(name => !names.includes(name))
  if (unknown.length > 0) {
    const list = (names: readonly string[]) => names.map(name => prefix + name).join(', ')
    throw invalidOption(`There is no option ${list(unknown)}. The options are ${list(names)}.`)
  }
}
