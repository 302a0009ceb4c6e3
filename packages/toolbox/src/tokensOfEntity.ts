import { type AttributePath, ConfigurationError, type Normalizer } from '@dynaseal/core'
import { type AttributePattern, type ItemToken, itemToken } from '@dynaseal/document-client/mapper'
import type { Schema } from 'dynamodb-toolbox'
import { EncryptedAttribute } from './encryptedAttribute.js'
import { invalidSchema } from './errors.js'
import type { RegistrableEntity } from './registry.js'
import type { TokenAttribute } from './tokenAttribute.js'

/**
 * What a token attribute is, by the names that an entity stores.
 *
 * @param path of the token attribute, as stored
 * @throws {ToolboxError} `invalid-schema`
 */
export function tokenOf(
  { entityName, schema }: RegistrableEntity,
  { of, options: { normalize = [], bits, tenant } }: TokenAttribute,
  path: AttributePattern,
): ItemToken {
  const refused = (what: string) =>
    invalidSchema(`The token of ${of.join(', ')} of entity ${entityName} ${what}.`)
  if (path.some(step => typeof step !== 'string'))
    throw refused('stands in a list, a tuple or a record, and can only stand in the item or in its maps')
  const found = of.map(name => {
    const attribute = attributeAt(schema as Schema, name.split('.'), [])
    if (attribute === undefined)
      throw refused(`is of '${name}', and there is no such attribute in the item or in its maps`)
    const why = unsearchable(attribute.schema)
    if (why !== undefined) throw refused(`is of '${name}', which cannot be searched for: ${why}`)
    return attribute
  })
  const tenantAt = tenant === undefined ? undefined : attributeAt(schema as Schema, tenant.split('.'), [])
  if (tenant !== undefined && tenantAt?.schema.type !== 'string')
    throw refused(`has its tenant in '${tenant}', which is no string() of the item or of its maps`)
  const byName = isByName(normalize) ? normalize : Object.fromEntries(of.map(name => [name, normalize]))
  const stray = Object.keys(byName).find(name => !of.includes(name))
  if (stray !== undefined) throw refused(`normalizes '${stray}', and is not of it`)
  const members = found.map(({ schema: { type } }) => type === 'set' || type === 'list')
  if (of.length > 1 && members.includes(true))
    throw refused(
      'is of several attributes, one of them a set or a list: members are searched for by themselves',
    )
  try {
    return itemToken(path as AttributePath, {
      of: found.map(({ stored }) => stored),
      normalize: of.map(name => [byName[name] ?? []].flat() as readonly Normalizer[]),
      members: members[0],
      bits,
      tenant: tenantAt?.stored,
    })
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw refused(`is none that can be made: ${error.message.replace(/\.$/, '')}`)
  }
}

interface Found {
  readonly stored: AttributePath
  /** Of what is encrypted, the schema inside. */
  readonly schema: Schema
}

function attributeAt(schema: Schema, names: readonly string[], stored: AttributePath): Found | undefined {
  const inner = EncryptedAttribute.behind(schema)?.schema ?? schema
  const [name, ...rest] = names
  if (name === undefined) return { stored, schema: inner }
  if ((inner.type !== 'item' && inner.type !== 'map') || !Object.hasOwn(inner.attributes, name))
    return undefined
  const child = inner.attributes[name] as Schema
  return attributeAt(child, rest, [...stored, child.props.savedAs ?? name])
}

/** Why no value of a schema can be searched for by its token, if so. */
function unsearchable(schema: Schema): string | undefined {
  switch (schema.type) {
    case 'set':
    case 'list':
      return schema.elements.type === 'list' || schema.elements.type === 'set'
        ? 'its members are sets or lists'
        : unsearchable(schema.elements)
    case 'map':
    case 'record':
    case 'tuple':
    case 'item':
      return 'it is a container. Make a token of parts of it'
    default:
      return (schema.props as { transform?: unknown }).transform === undefined
        ? undefined
        : 'it has a transformer, and tokens are of what is stored. Use normalize in its place'
  }
}

function isByName(
  normalize: unknown,
): normalize is Readonly<Record<string, Normalizer | readonly Normalizer[]>> {
  return typeof normalize === 'object' && !Array.isArray(normalize)
}
