import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, type TranslateConfig } from '@aws-sdk/lib-dynamodb'
import type { CacheStatistics, FieldFormat, Format } from '@dynaseal/core'
import type { Arrivals } from '../arriving/arrivals.js'
import type { ItemOpener, NativeItem } from '../arriving/opener.js'
import { withoutArrivals } from '../arriving/withoutArrivals.js'
import { BASE_COMMANDS, DOCUMENT_COMMANDS } from '../commands/operations.js'
import { guardStoredKey } from '../guards/values.js'
import type { RawClient } from '../search/moveItem.js'
import type { Dialect } from '../tables/dialect.js'
import { Tables } from '../tables/tables.js'
import { nativeValues, withNumberValue } from '../values/nativeValues.js'
import type { Item } from '../values/place.js'
import { toWire, WIRE_VALUES, type WireItem } from '../values/wireItems.js'
import { endedBy, signalOf } from './abortSignal.js'
import { ClientFeatures, type Features } from './features.js'
import { guardedConfig, guardedStack } from './noWayAround.js'
import { type ClientParts, type Mover, PARTS } from './partsOf.js'
import { checkedOptions, type SealOptions } from './sealOptions.js'
import { sendSealed } from './sendSealed.js'
import type { ClientSettings } from './settings.js'
import { translated } from './translated.js'

/** The clients that can be sealed: for native values, and for attribute values. */
export type Sealable = DynamoDBDocumentClient | DynamoDBClient

/** Items as a client's commands have them. To TypeScript each of the SDK's two clients extends the other one. */
export type ItemOf<CLIENT extends Sealable> = 'translateConfig' extends keyof CLIENT['config']
  ? NativeItem
  : WireItem

/**
 * A client whose `send`, and every method that goes through it, seals and opens encrypted attributes. `ITEM` is what it
 * opens and seals besides: an item with native values, or with attribute values.
 */
export type SealedClient<
  CLIENT extends Sealable = DynamoDBDocumentClient,
  ITEM extends NativeItem = ItemOf<CLIENT>,
> = CLIENT &
  ItemOpener<ITEM> & {
    /** What the data-key cache did and holds; `undefined` if the format is another one and counts nothing. */
    statistics(): CacheStatistics | undefined
    /**
     * Moves an item whose key is a search token to the key that it has under the search key which is written with: one
     * transaction puts it there, and deletes it where it was, if it is what was read.
     *
     * @param table name or ARN
     * @param key as it is stored, with the token; values as the client's commands have them
     * @returns whether it was moved: not, where there is none, or where it has that key already
     * @throws {FieldsNotOpenedError}
     * @throws {DocumentClientError} `invalid-schema` for a table whose key is no search token
     * @throws {TransactionCanceledException} of the AWS SDK, where it was changed meanwhile, or is under both keys
     */
    moveItem(table: string, key: ITEM): Promise<boolean>
  }

/** A sealed client and what is behind it, for the package that makes tables known to it. */
export interface SealedParts<CLIENT extends Sealable, ITEM extends NativeItem = ItemOf<CLIENT>> {
  readonly client: SealedClient<CLIENT, ITEM>
  /** What is not added to them is refused. */
  readonly tables: Tables
  readonly format: Format
  /** Items that arrive without a command, where the client has that feature. */
  readonly arrivals: Arrivals | undefined
  /** Whether something answers in the place of the client's `send`, as mocks do. */
  isMocked(): boolean
}

const SEALED = Symbol('dynaseal:sealed')

/**
 * Wraps a document client. The one that was passed in stays as it was; a `DynamoDBDocument` keeps its methods, which
 * then seal.
 *
 * @param dialect how it speaks to its users
 * @param features what else it does
 * @throws {DocumentClientError} `invalid-client`, as the dialect has it
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`, of `@dynaseal/core`
 */
export function sealClient<CLIENT extends DynamoDBDocumentClient>(
  client: CLIENT,
  options: SealOptions,
  dialect: Dialect,
  features: readonly Features[],
): SealedParts<CLIENT, NativeItem> {
  const translateConfig = translateConfigOf(client, dialect)
  const values = nativeValues({
    ...translateConfig,
    unmarshallOptions: withNumberValue(translateConfig.unmarshallOptions),
  })
  return wrap(client, options, new ClientFeatures(features, dialect), dialect, {
    values,
    commands: DOCUMENT_COMMANDS,
  })
}

/**
 * As {@link sealClient}, for a client whose commands have attribute values, as those of `@aws-sdk/client-dynamodb`.
 *
 * @throws {DocumentClientError} `invalid-client`, as the dialect has it
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`, of `@dynaseal/core`
 */
export function sealBaseClient<CLIENT extends DynamoDBClient>(
  client: CLIENT,
  options: SealOptions,
  dialect: Dialect,
  features: readonly Features[],
): SealedParts<CLIENT, WireItem> {
  refuseSealed(client, dialect)
  if ((client as object) instanceof DynamoDBDocumentClient) {
    throw dialect.refusal(
      'invalid-client',
      'A document client has native values: seal it with sealDocumentClient().',
    )
  }
  return wrap(client, options, new ClientFeatures(features, dialect), dialect, {
    values: WIRE_VALUES,
    commands: BASE_COMMANDS,
  })
}

function wrap<CLIENT extends Sealable, ITEM extends NativeItem>(
  client: CLIENT,
  options: SealOptions,
  features: ClientFeatures,
  dialect: Dialect,
  speech: Pick<ClientSettings, 'values' | 'commands'>,
): SealedParts<CLIENT, ITEM> {
  const { logicalTableName, plaintext, role, updates, timeToLive, format, search } = checkedOptions(
    options,
    features,
  )
  const sealed = Object.create(client) as SealedClient<CLIENT, ITEM>
  const tables = new Tables(dialect, logicalTableName, format, timeToLive, search, features)
  const settings: ClientSettings = { format, search, features, plaintext, role, updates, ...speech }

  const send = async (command: { input: object }, ...rest: unknown[]): Promise<unknown> => {
    if (typeof Object(command).input !== 'object')
      throw dialect.refusal(
        'command-unsupported',
        'send() was given no command of the AWS SDK, such as new GetCommand({ TableName, Key }). What dynamodb-toolbox has built is sent by its own send().',
      )
    const { abortSignal } = (rest[0] ?? {}) as { abortSignal?: unknown }
    const ended = {
      ...settings,
      format: endedBy(format, abortSignal),
      search: search && features.search.searchEndedBy(search, abortSignal),
      signal: signalOf(abortSignal),
    }
    const forward = client.send.bind(client) as (command: object, ...rest: unknown[]) => Promise<unknown>
    try {
      return await sendSealed(tables, ended, command, one => forward(one, ...rest))
    } catch (error) {
      throw translated(dialect, error)
    }
  }

  /** What was put in the place of our `send`, and calls it. */
  const wrappers = new WeakSet<object>()
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

  const mover: Mover = {
    moved: async (table, stored) => features.search.movedItem(tables, settings, table, stored),
    move: async (other, table, key) => features.search.moveItem(tables, settings, other, table, key),
  }
  Object.defineProperties(sealed, {
    [SEALED]: { value: true },
    [PARTS]: { value: { unsealed: client, tables, format, search, role, mover } satisfies ClientParts },
    config: { value: guardedConfig(client.config, dialect) },
    middlewareStack: {
      value: guardedStack(client.middlewareStack as DynamoDBDocumentClient['middlewareStack'], dialect),
    },
    // Mocks of document clients put their own in its place.
    send: { configurable: true, writable: true, value: ownSend },
    statistics: { value: () => (format as Partial<FieldFormat>).statistics?.() },
  })
  const arrivals = features.has('arriving')
    ? new features.arriving.Arrivals(tables, settings, dialect)
    : undefined
  const opener =
    arrivals === undefined
      ? withoutArrivals(() => features.refuse('arriving'))
      : features.arriving.itemOpener(arrivals)
  const moveItem = async (table: string, key: Item): Promise<boolean> => {
    try {
      guardStoredKey(key)
      const wireKey = speech.commands.type === 'document' ? toWire(Object(key)) : (key as WireItem)
      return await mover.move(client as RawClient, table, wireKey)
    } catch (error) {
      throw translated(dialect, error)
    }
  }
  for (const [name, value] of Object.entries({ ...opener, moveItem }))
    Object.defineProperty(sealed, name, { configurable: true, value })
  const isMocked = () => sealed.send !== ownSend && !wrappers.has(sealed.send)
  return { client: sealed, tables, format, arrivals, isMocked }
}

function refuseSealed(client: object, dialect: Dialect): void {
  // Methods of the SDK's clients all go through `send`. Those of DAX, whose types extend the SDK's, do not, and would write in clear.
  if (typeof Object(Object(client).middlewareStack).applyToStack !== 'function')
    throw dialect.refusal(
      'invalid-client',
      'The first argument must be the client that is to be sealed: one of the AWS SDK for JavaScript v3. Of another one, such as a client of DAX, methods would go past the encryption. Use it as it is, with items from sealItem() of a sealed client, and give openItem() those that it reads.',
    )
  if (!(SEALED in client)) return
  throw dialect.refusal('invalid-client', 'This client is sealed already: use it as it is.')
}

/** How the client turns native values into attribute values. */
function translateConfigOf(client: DynamoDBDocumentClient, dialect: Dialect): TranslateConfig {
  refuseSealed(client, dialect)
  const { translateConfig = {} } = client.config as { translateConfig?: TranslateConfig }
  if (translateConfig.marshallOptions?.convertClassInstanceToMap === true) {
    throw dialect.refusal(
      'invalid-client',
      'marshallOptions.convertClassInstanceToMap would let an encrypted value that was not sealed pass as an empty map. Make the document client without it, and give copies of instances of classes: { ...instance }.',
    )
  }
  return translateConfig
}
