import { ConfigurationError } from './errors.js'
import { isPlainObject, kindOf } from './plainObject.js'

/**
 * Refuses what is no object of options, and names that none has: a misspelt option would be taken for its default.
 *
 * @param whose for the error
 * @throws {ConfigurationError} `invalid-option`
 */
export function checkOptions(whose: string, options: unknown, names: readonly string[]): void {
  if (!isPlainObject(options))
    throw invalid(`The options of ${whose} must be a plain object, and not ${kindOf(options)}.`)
  const unknown = Object.keys(options).filter(name => !names.includes(name))
  if (unknown.length > 0) {
    throw invalid(
      `There is no option ${unknown.join(', ')} of ${whose}: its options are ${names.join(', ')}.`,
    )
  }
}

function invalid(message: string): ConfigurationError {
  return new ConfigurationError('invalid-option', message)
}
