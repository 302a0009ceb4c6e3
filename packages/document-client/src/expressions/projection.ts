import type { AttributePath } from '@dynaseal/core'
import { Tokens } from './tokens.js'

/**
 * Reads a projection expression: document paths, separated by commas.
 *
 * @throws {DocumentClientError} `expression-syntax`
 */
export function parseProjection(
  expression: string,
  names: Readonly<Record<string, string>>,
): AttributePath[] {
  const tokens = new Tokens(expression, names)
  const paths: AttributePath[] = []
  do paths.push(tokens.path())
  while (tokens.skip(','))
  tokens.end()
  return paths
}
