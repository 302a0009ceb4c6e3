import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { NativeItem, SealedClient, SealOptions } from '@dynaseal/document-client'
import { type Features, sealClient } from '@dynaseal/document-client/mapper'
import { dialect } from './dialect.js'
import type { EntityItemOpener, openEntities } from './entityItems.js'
import { invalidSchema, ToolboxError } from './errors.js'
import type { Registrable } from './registrable.js'
import { type RegistrableEntity, Registry } from './registry.js'

/** A document client whose `send`, and every method that goes through it, seals and opens encrypted attributes. */
export type SealedDocumentClient<
  TTL extends string = never,
  CLIENT extends DynamoDBDocumentClient = DynamoDBDocumentClient,
> = SealedClient<CLIENT, NativeItem> &
  EntityItemOpener & {
    /**
     * Makes the encrypted attributes of entities known, so that what is read can be opened and what
     * would leak can be refused. Register every entity of a table, also those that encrypt nothing.
     *
     * @throws {ToolboxError} `invalid-schema`, also for what is no entity, or `invalid-client` for an entity whose table has another client
     */
    register<ENTITIES extends RegistrableEntity[]>(
      ...entities: { [INDEX in keyof ENTITIES]: Registrable<ENTITIES[INDEX], TTL> }
    ): SealedDocumentClient<TTL, CLIENT>
  }

/** What a sealed client does besides commands on encrypted attributes, and what that does with entities. */
export interface ToolboxFeatures extends Features {
  /** Of items that arrive without a command. */
  readonly entities?: typeof openEntities
}

/**
 * Wraps a document client.
 *
 * @param features what it does besides commands on encrypted attributes
 * @throws {ToolboxError} `invalid-client`
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`, of `@dynaseal/core`
 */
export function sealEntities<TTL extends string, CLIENT extends DynamoDBDocumentClient>(
  client: CLIENT,
  options: SealOptions<TTL>,
  features: readonly ToolboxFeatures[],
): SealedDocumentClient<TTL, CLIENT> {
  const parts = sealClient(client, options, dialect, features)
  const registry = new Registry(parts)
  const sealed = parts.client as SealedDocumentClient<TTL, CLIENT>
  registries.set(sealed, registry)
  const { entities }: ToolboxFeatures = Object.assign({}, ...features)
  if (parts.arrivals !== undefined && entities === undefined)
    throw new ToolboxError(
      'invalid-client',
      "The feature arrivals of @dynaseal/document-client knows no entities. Give it that of this package: import { arrivals } from '@dynaseal/toolbox/arriving'.",
    )
  if (parts.arrivals !== undefined) entities?.(sealed, registry, parts.arrivals)
  Object.defineProperty(sealed, 'register', {
    value: (...entities: RegistrableEntity[]) => {
      for (const entity of entities) {
        refuseNoEntity(entity)
        refuseOtherClient(sealed, entity)
        registry.register(entity)
      }
      return sealed
    },
  })
  return sealed
}

/** What each sealed client knows. */
const registries = new WeakMap<object, Registry>()

/** @throws {ToolboxError} `invalid-schema` */
function refuseNoEntity(entity: RegistrableEntity | undefined): void {
  if (typeof entity?.table?.getName === 'function' && typeof entity.schema === 'object') return
  throw invalidSchema(
    'register() takes entities of dynamodb-toolbox, one after the other: register(User, Order). Of a table, register its entities.',
  )
}

/**
 * An entity may be registered on several sealed clients, and its table has one of them. With another client, nothing
 * of the entity would be sealed, and nothing opened.
 *
 * @throws {ToolboxError} `invalid-client`
 */
function refuseOtherClient(sealed: object, entity: RegistrableEntity): void {
  const { documentClient } = entity.table
  // A function is asked when the first command is sent.
  if (typeof documentClient !== 'object' || documentClient === null) return
  for (let client: object | null = documentClient; client !== null; client = Object.getPrototypeOf(client))
    if (client === sealed || registries.get(client)?.knows(entity)) return
  throw new ToolboxError(
    'invalid-client',
    `Entity ${entity.entityName} is registered on this sealed client, but table ${entity.table.getName()} has another document client, on which it is not registered. Give the table this one.`,
  )
}
