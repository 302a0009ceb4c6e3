import {
  type AttributePattern,
  anyIndex,
  anyKey,
  formatPath,
  type ItemKind,
  type ItemToken,
  overlap,
  PROTOTYPE,
  sameAs,
} from '@dynaseal/document-client/mapper'
import type { Schema } from 'dynamodb-toolbox'
import { EncryptedAttribute, type RegisteredReader } from './encryptedAttribute.js'
import { invalidSchema } from './errors.js'
import type { RegistrableEntity } from './registry.js'
import { TokenMark } from './tokenMark.js'

/** Where an entity keeps ciphertext. */
export type EntityPatterns = Pick<ItemKind, 'encrypted' | 'clear' | 'binary' | 'tokens'>

/**
 * Reads them of its schema, and tells the encrypted attributes that they are registered.
 *
 * @param reader what reads their items
 * @throws {ToolboxError} `invalid-schema`
 */
export function patternsOf(entity: RegistrableEntity, reader: RegisteredReader): EntityPatterns {
  const encrypted: AttributePattern[] = []
  const clear: AttributePattern[] = []
  const binary: AttributePattern[] = []
  const tokens: ItemToken[] = []
  /** What commands give as keys. */
  const keys: AttributePattern[] = []
  const inClear = ({ type }: Schema, path: AttributePattern): void => {
    clear.push(path)
    if (type === 'binary' || type === 'any') binary.push(path)
  }
  const visit = (schema: Schema, path: AttributePattern): void => {
    const place = formatPath(path)
    const attribute = path.length > 0 ? EncryptedAttribute.of(schema, place) : undefined
    if (attribute !== undefined) {
      attribute.register(path, reader)
      encrypted.push(path)
      if ((schema.props as { key?: unknown }).key === true) keys.push(path)
      return
    }
    const token = path.length > 0 ? TokenMark.of(schema, place) : undefined
    if (token !== undefined) {
      clear.push(path)
      tokens.push(token.itemToken(entity, path))
      return
    }
    switch (schema.type) {
      case 'item':
      case 'map':
        for (const [name, child] of Object.entries(schema.attributes)) {
          visit(child, [...path, child.props.savedAs ?? name])
        }
        // One without attributes has its name all the same.
        if (path.length > 0 && Object.keys(schema.attributes).length === 0) clear.push(path)
        return
      case 'set':
        if (EncryptedAttribute.of(schema.elements, place) !== undefined) {
          throw invalidSchema(
            `The elements of set '${place}' cannot be encrypted one by one. Encrypt the set: encrypted(set(string())).`,
          )
        }
        inClear(schema.elements, path)
        return
      case 'list':
        visit(schema.elements, [...path, anyIndex])
        return
      case 'tuple':
        for (const [index, element] of schema.elements.entries()) visit(element, [...path, index])
        return
      case 'record':
        visit(schema.elements, [...path, anyKey])
        return
      case 'anyOf':
        for (const element of schema.elements) visit(element, path)
        return
      default:
        inClear(schema, path)
    }
  }
  visit(entity.schema as Schema, [])
  for (const key of keys) {
    if (
      tokens.some(token => isKeyOf(entity, token) && token.definition.paths.some(part => sameAs(part, key)))
    )
      continue
    throw invalidSchema(
      `'${formatPath(key)}' of entity ${entity.entityName} is encrypted and is a key attribute, and no key of its table is the search token of it: what computeKey makes of it would be stored in clear. Remove key(), or give the table's key such a token.`,
    )
  }
  for (const pattern of encrypted) {
    if (pattern.includes(PROTOTYPE)) {
      throw invalidSchema(
        `'${formatPath(pattern)}' of entity ${entity.entityName} has a name that the AWS SDK cannot store. Store it under another name, with savedAs().`,
      )
    }
    if (clear.some(open => open.length >= pattern.length && overlap(open, pattern))) {
      throw invalidSchema(
        `'${formatPath(pattern)}' of entity ${entity.entityName} is encrypted in one alternative and clear in another, so nobody could tell which one a stored value should be. Encrypt both, or the anyOf as a whole.`,
      )
    }
  }
  return { encrypted, clear, binary, tokens }
}

function isKeyOf({ table }: RegistrableEntity, { path }: ItemToken): boolean {
  return path.length === 1 && [table.partitionKey.name, table.sortKey?.name].includes(String(path[0]))
}
