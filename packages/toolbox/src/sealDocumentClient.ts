import type { DynamoDBDocumentClient, TranslateConfig } from '@aws-sdk/lib-dynamodb'
import { createFormat, type Format, type FormatOptions } from '@dynaseal/core'
import { type CommandPlan, planCommand } from './commands.js'
import { copyContainers } from './copyContainers.js'
import { ToolboxError } from './errors.js'
import { withNumberValue } from './nativeValues.js'
import { Opening, openErrorItems } from './opening.js'
import { dropItems } from './openPartially.js'
import type { Item } from './place.js'
import type { Registrable } from './registrable.js'
import { type RegistrableEntity, Registry } from './registry.js'
import { Sealing } from './sealing.js'

export interface ClientOptions<TTL extends string = string> {
  /**
   * The name that ciphertexts are bound to, for a table that is called differently elsewhere (restored
   * from a backup, one per stage). It must be the same in every region. Default: the table's own name.
   */
  logicalTableName?: (tableName: string) => string
  /**
   * What to do with a value in clear that stands where ciphertext belongs: `refuse` it, or `allow` it to be
   * read, while a table is being migrated. What is written is sealed in any case. Default `refuse`.
   */
  plaintext?: 'refuse' | 'allow'
  /**
   * Restricts the client: `seal` refuses to open what is encrypted, `open` refuses to write it; the other
   * permission on the key is then not needed. Default `both`.
   */
  role?: 'seal' | 'open' | 'both'
  /**
   * The names, as stored, of the attributes by which DynamoDB deletes expired items (TTL). They cannot be encrypted:
   * an item whose expiry DynamoDB cannot read stays forever. Default: none.
   */
  timeToLive?: readonly TTL[]
}

/** The options of the field format, or another format in their place. */
export type SealOptions<TTL extends string = string> = ClientOptions<TTL> &
  (FormatOptions | { readonly format: Format })

/** A document client whose `send` seals and opens encrypted attributes. */
export type SealedDocumentClient<TTL extends string = never> = DynamoDBDocumentClient & {
  /**
   * Makes the encrypted attributes of entities known, so that what is read can be opened and what
   * would leak can be refused. Register every entity of a table, also those that encrypt nothing.
   *
   * @throws {ToolboxError} `invalid-schema`
   */
  register<ENTITIES extends RegistrableEntity[]>(
    ...entities: ENTITIES & { [INDEX in keyof ENTITIES]: Registrable<ENTITIES[INDEX], TTL> }
  ): SealedDocumentClient<TTL>
}

const SEALED = Symbol('dynaseal:sealed')

/**
 * Wraps a document client: give the result to the dynamodb-toolbox `Table`, and register its entities.
 * The client that was passed in stays as it was.
 *
 * @throws {ToolboxError} `invalid-client`
 * @example
 * const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), { keyring })
 * const Users = new Table({ documentClient, name: 'users', partitionKey: { name: 'id', type: 'string' } })
 * const User = new Entity({ name: 'User', table: Users, schema: item({ id: string().key(), ssn: encrypted(string()) }) })
 * documentClient.register(User)
 */
export function sealDocumentClient<const TTL extends string = never>(
  client: DynamoDBDocumentClient,
  options: SealOptions<TTL>,
): SealedDocumentClient<TTL> {
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
  const {
    logicalTableName = (name: string) => name,
    plaintext = 'refuse',
    role = 'both',
    timeToLive = [],
    ...formatOptions
  } = options
  const format: Format = 'format' in formatOptions ? formatOptions.format : createFormat(formatOptions)
  const sealed = Object.create(client) as SealedDocumentClient<TTL>
  /** What was put in the place of our `send`, and calls it. */
  const wrappers = new WeakSet<object>()
  const isMocked = () => sealed.send !== ownSend && !wrappers.has(sealed.send)
  const registry = new Registry(logicalTableName, format.wholeItems?.attributes ?? [], timeToLive, isMocked)
  const settings = { plaintext, role, marshallOptions, unmarshallOptions: withNumberValue(unmarshallOptions) }

  const send = async (command: { input: object }, ...rest: unknown[]): Promise<unknown> => {
    const sealing = new Sealing(settings)
    const planned = planCommand(registry, command, command.input as Item, sealing)
    const forward = client.send.bind(client) as (command: unknown, ...rest: unknown[]) => Promise<Item>
    if (planned === undefined) return forward(command, ...rest)
    const { plan } = planned
    await sealing.seal(format)
    const copy = copyCommand(command, planned)
    let output: Item
    try {
      output = copyContainers(await forward(copy, ...rest)) as Item
    } catch (error) {
      await openErrorItems(format, settings, plan.errorItems?.(error as Item) ?? [], error)
      throw error
    }
    const opening = new Opening(settings)
    plan.response(output, opening)
    dropItems(output, await opening.open(format))
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

  Object.defineProperties(sealed, {
    [SEALED]: { value: true },
    // Mocks of document clients put their own in its place.
    send: { configurable: true, writable: true, value: ownSend },
    register: {
      value: (...entities: RegistrableEntity[]) => {
        for (const entity of entities) registry.register(entity)
        return sealed
      },
    },
  })
  return sealed
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
