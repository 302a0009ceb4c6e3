import type { AttributeValue as WireValue } from '@aws-sdk/client-dynamodb'
import type { DynamoDBDocumentClient, TranslateConfig } from '@aws-sdk/lib-dynamodb'
import { createFormat, type Format, type FormatOptions } from '@dynaseal/core'
import type { Entity } from 'dynamodb-toolbox'
import { type Plan, plan } from './commands.js'
import { ToolboxError } from './errors.js'
import { Opening, openWireItem } from './opening.js'
import { dropItems } from './openPartially.js'
import type { Item } from './place.js'
import { Registry } from './registry.js'
import { Sealing } from './sealing.js'
import type { ClientSettings } from './settings.js'

export interface SealOptions extends FormatOptions {
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
}

/** A document client whose `send` seals and opens encrypted attributes. */
export type SealedDocumentClient = DynamoDBDocumentClient & {
  /**
   * Makes the encrypted attributes of entities known, so that what is read can be opened and what
   * would leak can be refused. Register every entity of a table, also those that encrypt nothing.
   *
   * @throws {ToolboxError} `invalid-schema`
   */
  // biome-ignore lint/suspicious/noExplicitAny: an Entity is invariant in its schema, so this is how dynamodb-toolbox itself says "any entity".
  register(...entities: Entity<any, any, any, any, any>[]): SealedDocumentClient
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
export function sealDocumentClient(
  client: DynamoDBDocumentClient,
  options: SealOptions,
): SealedDocumentClient {
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
    ...formatOptions
  } = options
  const format = createFormat(formatOptions)
  const registry = new Registry(logicalTableName)
  const settings = { plaintext, role, marshallOptions, unmarshallOptions }

  const send = async (command: { input: object }, ...rest: unknown[]): Promise<unknown> => {
    const sealing = new Sealing(settings)
    const planned = plan(registry, command, command.input as Item, sealing)
    const forward = client.send.bind(client) as (command: unknown, ...rest: unknown[]) => Promise<Item>
    if (planned === undefined) return forward(command, ...rest)
    await sealing.seal(format)
    const Command = command.constructor as new (input: Item) => object
    let output: Item
    try {
      output = { ...(await forward(new Command(planned.input), ...rest)) }
    } catch (error) {
      await openError(format, settings, planned, error as Item)
      throw error
    }
    const opening = new Opening(settings)
    planned.response(output, opening)
    dropItems(output, await opening.open(format))
    planned.finish?.(output)
    return output
  }

  const sealed = Object.create(client) as SealedDocumentClient
  Object.defineProperties(sealed, {
    [SEALED]: { value: true },
    send: {
      value: (command: { input: object }, ...rest: unknown[]) => {
        const callback = rest.at(-1)
        if (typeof callback !== 'function') return send(command, ...rest)
        send(command, ...rest.slice(0, -1)).then(
          output => callback(null, output),
          error => callback(error),
        )
      },
    },
    register: {
      value: (...entities: Entity[]) => {
        for (const entity of entities) registry.register(entity)
        return sealed
      },
    },
  })
  return sealed
}

/** Opens the items that a failed condition returns, in place. One that does not open is taken away. */
async function openError(
  format: Format,
  settings: ClientSettings,
  planned: Plan,
  error: Item,
): Promise<void> {
  for (const { table, key, holder } of planned.errorItems?.(error) ?? []) {
    const wire = holder.Item
    if (wire === undefined) continue
    delete holder.Item
    holder.Item = await openWireItem(format, settings, table, wire as Record<string, WireValue>, key, error)
  }
}
