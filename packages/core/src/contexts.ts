import type { AttributeValue } from './attributeValue.js'
import { ConfigurationError, FieldError } from './errors.js'
import type { ItemPlace } from './format.js'
import {
  additionalContext,
  type EncryptionContext,
  encryptionContext,
  type Purpose,
} from './materials/context.js'
import { canonicalNumber } from './value/number.js'

/** A primary key: attribute name to its value, a number as its digits. */
export type KeyValues = Readonly<Record<string, string | Uint8Array>>

/**
 * The pairs that an application adds to the encryption context of an item, by where it belongs. Nothing else of an item
 * may decide: whoever writes the table could change it. Called for each item, so it should be quick.
 *
 * @param table logical table name
 */
export type ContextOfItem = (table: string, key: KeyValues) => Readonly<Record<string, string>>

type Pairs = Readonly<Record<string, string>>

/** The encryption contexts of items, each made once for as long as it is used. */
export class Contexts {
  readonly #additional: Pairs | ContextOfItem
  readonly #limit: number
  /** In order of use: the least recently used stands first. */
  readonly #known = new Map<string, EncryptionContext>()
  /** The last of them, where it depends on the table alone. */
  #last:
    | { readonly purpose: Purpose; readonly table: string; readonly context: EncryptionContext }
    | undefined

  /**
   * @param limit most contexts that are kept
   * @throws {ConfigurationError} `invalid-context`
   */
  constructor(additional: Pairs | ContextOfItem, limit: number) {
    if (typeof additional === 'function') {
      this.#additional = additional
    } else {
      this.#additional = additionalContext(additional)
    }
    this.#limit = limit
  }

  /**
   * For what is written.
   *
   * @throws {ConfigurationError} `invalid-context` when table name or additional pairs cannot be part of a context, or
   *   the application's function threw
   */
  of(purpose: Purpose, { table, key }: ItemPlace): EncryptionContext {
    if (typeof this.#additional !== 'function') return this.#ofTable(purpose, table, this.#additional)
    const pairs = additionalContext(ask(this.#additional, table, key))
    return this.#get(JSON.stringify([purpose, table, pairs]), purpose, table, pairs)
  }

  /**
   * For what was read. Keys come from the table, and so does the format of a field: what has no context because of these
   * concerns its item alone.
   *
   * @throws {FieldError} `invalid-context`
   * @throws {ConfigurationError} `invalid-context` when the table name cannot be part of any context
   */
  expected(purpose: Purpose, place: ItemPlace): EncryptionContext {
    try {
      return this.of(purpose, place)
    } catch (error) {
      if (!(error instanceof ConfigurationError) || !fits(place.table)) throw error
      throw new FieldError('invalid-context', error.message, { cause: error.cause })
    }
  }

  #ofTable(purpose: Purpose, table: string, additional: Pairs): EncryptionContext {
    const last = this.#last
    if (last !== undefined && last.purpose === purpose && last.table === table) return last.context
    const context = this.#get(`${purpose} ${table}`, purpose, table, additional)
    this.#last = { purpose, table, context }
    return context
  }

  #get(name: string, purpose: Purpose, table: string, additional: Pairs): EncryptionContext {
    const context = this.#known.get(name) ?? encryptionContext(purpose, table, additional)
    this.#known.delete(name)
    this.#known.set(name, context)
    if (this.#known.size > this.#limit) this.#known.delete(this.#known.keys().next().value!)
    return context
  }
}

/** Whether a table name can be part of a context at all. */
function fits(table: string): boolean {
  try {
    encryptionContext('message', table, {})
    return true
  } catch {
    return false
  }
}

function ask(contextOfItem: ContextOfItem, table: string, key: ItemPlace['key']): Pairs {
  try {
    return contextOfItem(table, keyValues(key))
  } catch (cause) {
    throw new ConfigurationError(
      'invalid-context',
      `The function encryptionContext threw for an item of table ${table} (key attributes ${Object.keys(key).join(', ')}), with the error that is the cause. Let it give pairs for every item that the table may hold.`,
      cause,
    )
  }
}

function keyValues(key: Readonly<Record<string, AttributeValue>>): KeyValues {
  return Object.fromEntries(
    Object.entries(key).map(([name, value]) => {
      const [[type, content]] = Object.entries(value) as [[string, string | Uint8Array]]
      return [name, type === 'N' ? (canonicalNumber(String(content)) ?? content) : content]
    }),
  )
}
