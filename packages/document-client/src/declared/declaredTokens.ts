import { type AttributePath, ConfigurationError, type Normalizer } from '@dynaseal/core'
import { isPlainObject } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import type { SearchFeature } from '../search/feature.js'
import type { ItemToken } from '../search/itemToken.js'
import type { DeclaredToken } from './declaration.js'
import { parsePath } from './parsePath.js'

const MEMBERS = Object.keys({
  of: true,
  normalize: true,
  members: true,
  bits: true,
  tenant: true,
} satisfies Record<keyof DeclaredToken, true>)

/** @throws {DocumentClientError} `invalid-schema` */
export function declaredTokens(
  table: string,
  tokens: Readonly<Record<string, DeclaredToken>>,
  search: SearchFeature,
): ItemToken[] {
  if (!isPlainObject(tokens))
    throw invalid(table, 'tokens', 'must be an object, with a path for each token attribute')
  return Object.entries(tokens).map(([path, token]) => declaredToken(table, path, token, search))
}

function declaredToken(
  table: string,
  path: string,
  token: DeclaredToken,
  { itemToken }: SearchFeature,
): ItemToken {
  if (typeof token !== 'object' || token === null) throw invalid(table, path, 'must be { of }')
  const unknown = Object.keys(token).filter(name => !MEMBERS.includes(name))
  if (unknown.length > 0)
    throw invalid(table, path, `has no ${unknown.join(', ')}. It has ${MEMBERS.join(', ')}`)
  const { of, normalize = [], members, bits, tenant } = token
  const paths = typeof of === 'string' ? [of] : of
  if (!Array.isArray(paths) || paths.length === 0 || paths.some(each => typeof each !== 'string'))
    throw invalid(table, path, 'must have a path of an attribute as of, or a list of them')
  if (tenant !== undefined && typeof tenant !== 'string')
    throw invalid(table, path, 'must have a path of an attribute as tenant')
  if (normalize === null)
    throw invalid(table, path, 'must have a normalizer as normalize, or several, or none at all')
  const byPath = isByPath(normalize) ? normalize : Object.fromEntries(paths.map(each => [each, normalize]))
  const stray = Object.keys(byPath).find(each => !paths.includes(each))
  if (stray !== undefined) throw invalid(table, path, `normalizes '${stray}', and is not of it`)
  try {
    return itemToken(fixedPath(path), {
      of: paths.map(fixedPath),
      normalize: paths.map(each => [byPath[each] ?? []].flat() as readonly Normalizer[]),
      members,
      bits,
      tenant: tenant === undefined ? undefined : fixedPath(tenant),
    })
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw invalid(table, path, `is none that can be made: ${error.message.replace(/\.$/, '')}`)
  }
}

function fixedPath(path: string): AttributePath {
  const pattern = parsePath(path)
  if (pattern.every(step => typeof step === 'string')) return pattern as readonly string[]
  throw new DocumentClientError(
    'invalid-schema',
    `'${path}' cannot have a search token, or be one: a token is of one place in an item. Give a path without stars.`,
  )
}

function isByPath(
  normalize: DeclaredToken['normalize'],
): normalize is Readonly<Record<string, Normalizer | readonly Normalizer[]>> {
  return typeof normalize === 'object' && !Array.isArray(normalize)
}

function invalid(table: string, path: string, what: string): DocumentClientError {
  return new DocumentClientError('invalid-schema', `The token '${path}' of table ${table} ${what}.`)
}
