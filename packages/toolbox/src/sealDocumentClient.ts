import type { DynamoDBDocumentClient, TranslateConfig } from '@aws-sdk/lib-dynamodb'
import type { CacheStatistics, FieldFormat } from '@dynaseal/core'
import { endedBy } from './abortSignal.js'
import { type CommandPlan, planCommand } from './commands.js'
import { copyContainers } from './copyContainers.js'
import { ToolboxError } from './errors.js'
import { withNumberValue } from './nativeValues.js'
import { guardedConfig, guardedStack } from './noWayAround.js'
import { openError } from './openError.js'
import { Opening } from './opening.js'
import { dropItems } from './openPartially.js'
import type { Item } from './place.js'
import type { Registrable } from './registrable.js'
import { type RegistrableEntity, Registry } from './registry.js'
import { Sealing } from './sealing.js'
import { checkedOptions, type SealOptions } from './sealOptions.js'

/** A document client whose `send`, and every method that goes through it, seals and opens encrypted attributes. */
export type SealedDocumentClient<
  TTL extends string = never,
  CLIENT extends DynamoDBDocumentClient = DynamoDBDocumentClient,
> = CLIENT & {
  /**
   * Makes the encrypted attributes of entities known, so that what is read can be opened and what
   * would leak can be refused. Register every entity of a table, also those that encrypt nothing.
   *
   * @throws {ToolboxError} `invalid-schema`, also for what is no entity, or `invalid-client` for an entity whose table has another client
   */
  register<ENTITIES extends RegistrableEntity[]>(
    ...entities: { [INDEX in keyof ENTITIES]: Registrable<ENTITIES[INDEX], TTL> }
  ): SealedDocumentClient<TTL, CLIENT>
  /** What the data-key cache did and holds; `undefined` if the format is another one and counts nothing. */
  statistics(): CacheStatistics | undefined
}

const SEALED = Symbol('dynaseal:sealed')

/**
 * Wraps a document client: give the result to the dynamodb-toolbox `Table`, and register its entities.
 * The client that was passed in stays as it was; a `DynamoDBDocument` keeps its methods, which then seal.
 *
 * @throws {ToolboxError} `invalid-client`
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`, of `@dynaseal/core`
 * @example
 * const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), { keyring })
 * const Users = new Table({ documentClient, name: 'users', partitionKey: { name: 'id', type: 'string' } })
 * const User = new Entity({ name: 'User', table: Users, schema: item({ id: string().key(), ssn: encrypted(string()) }) })
 * documentClient.register(User)
 */
export function sealDocumentClient<
  const TTL extends string = never,
  CLIENT extends DynamoDBDocumentClient = DynamoDBDocumentClient,
>(client: CLIENT, options: SealOptions<TTL>): SealedDocumentClient<TTL, CLIENT> {
  if (SEALED in client) {
    throw new ToolboxError('invalid-client', 'This document client is sealed already: use it as it is.')
  }
  const { marshallOptions, unmarshallOptions } =
    (client.config as { translateConfig?: TranslateConfig }).translateConfig ?? {}
  if (marshallOptions?.convertClassInstanceToMap === true) {
    throw new ToolboxError(
      'invalid-client',
      'marshallOptions.convertClassInstanceToMap would let an encrypted value that was not sealed pass as an empty map. Make the document client without it.',
    )
  }
  const { logicalTableName, plaintext, role, timeToLive, format } = checkedOptions(options)
  const sealed = Object.create(client) as SealedDocumentClient<TTL, CLIENT>
  /** What was put in the place of our `send`, and calls it. */
  const wrappers = new WeakSet<object>()
  const isMocked = () => sealed.send !== ownSend && !wrappers.has(sealed.send)
  const registry = new Registry(logicalTableName, format, timeToLive, isMocked)
  const ofClient = {
    format,
    plaintext,
    role,
    marshallOptions,
    unmarshallOptions: withNumberValue(unmarshallOptions),
  }

  const send = async (command: { input: object }, ...rest: unknown[]): Promise<unknown> => {
    const { abortSignal } = (rest[0] ?? {}) as { abortSignal?: unknown }
    const settings = { ...ofClient, format: endedBy(format, abortSignal) }
    const sealing = new Sealing(settings)
    const planned = planCommand(registry, command, command.input as Item, sealing)
    const forward = client.send.bind(client) as (command: unknown, ...rest: unknown[]) => Promise<Item>
    if (planned === undefined) return forward(command, ...rest)
    const { plan } = planned
    await sealing.seal()
    const copy = copyCommand(command, planned)
    let output: Item
    try {
      output = copyContainers(await forward(copy, ...rest)) as Item
    } catch (error) {
      throw await openError(settings, plan, error)
    }
    const opening = new Opening(settings)
    plan.response(output, opening)
    dropItems(output, await opening.open())
    plan.finish?.(output)
    return output
  }

  const ownSend = ((command: { input: object }, ...rest: unknown[]) => {
    if (sealed.send !== ownSend) wrappers.add(sealed.send)
    const callback = rest.at(-1)
    if (typeof callback !== 'function') return send(command, ...rest)
    send(command, ...rest.slice(0, -1))
      .then(
        output => callback(null, output),
        error => callback(error),
      )
      .catch(() => {
        // As in the SDK: what a callback throws is nobody's.
      })
  }) as typeof sealed.send

  registries.set(sealed, registry)
  Object.defineProperties(sealed, {
    [SEALED]: { value: true },
    config: { value: guardedConfig(client.config) },
    middlewareStack: { value: guardedStack(client.middlewareStack) },
    // Mocks of document clients put their own in its place.
    send: { configurable: true, writable: true, value: ownSend },
    register: {
      value: (...entities: RegistrableEntity[]) => {
        for (const entity of entities) {
          refuseNoEntity(entity)
          refuseOtherClient(sealed, entity)
          registry.register(entity)
        }
        return sealed
      },
    },
    statistics: {
      value: () => (format as Partial<FieldFormat>).statistics?.(),
    },
  })
  return sealed
}

/** What each sealed client knows. */
const registries = new WeakMap<object, Registry>()

/** @throws {ToolboxError} `invalid-schema` */
function refuseNoEntity(entity: RegistrableEntity | undefined): void {
  if (typeof entity?.table?.getName === 'function' && typeof entity.schema === 'object') return
  throw new ToolboxError(
    'invalid-schema',
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

/** The caller's command stays as it is; its middleware comes along. */
function copyCommand(
  command: { input: object; middlewareStack?: unknown },
  { type, plan }: CommandPlan,
): object {
  const copy = new type(plan.input) as { middlewareStack: { use(plugin: unknown): void } }
  if (command.middlewareStack !== undefined) copy.middlewareStack.use(command.middlewareStack)
  return copy
}
