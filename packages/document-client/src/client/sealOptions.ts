import type { Format, FormatOptions, TokenMaker } from '@dynaseal/core'
import { formatWith, invalidOption } from '@dynaseal/core/formats'
import type { ClientFeatures } from './features.js'
import type { ClientSettings } from './settings.js'

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
   * What to do with an update of an item that the format seals as a whole, such as those of `@dynaseal/db-esdk`: `refuse` it,
   * or `read-change-write`: the item is read, opened and verified, changed here, sealed, and put back if nobody has written it
   * in between; else again. Conditions of writes may then be on encrypted attributes. Each such write
   * costs a consistent read besides. Default `refuse`.
   */
  updates?: 'refuse' | 'read-change-write'
  /**
   * The names, as stored, of the attributes by which DynamoDB deletes expired items (TTL). They cannot be encrypted:
   * an item whose expiry DynamoDB cannot read stays forever. Default: none.
   */
  timeToLive?: readonly TTL[]
  /**
   * What makes search tokens, for tables that have token attributes: `createSearchTokens()` of `@dynaseal/core`, which has
   * the search keys to write and to find with. Default: none, and token attributes are refused.
   */
  search?: TokenMaker
}

/** The options of the field format, or another format in their place. */
export type SealOptions<TTL extends string = string> = ClientOptions<TTL> &
  (FormatOptions | { readonly format: Format })

interface CheckedOptions
  extends Pick<ClientSettings, 'plaintext' | 'role' | 'updates' | 'format' | 'search'> {
  readonly logicalTableName: (tableName: string) => string
  readonly timeToLive: readonly string[]
}

const OPTIONS = Object.keys({
  keyring: true,
  encryptionContext: true,
  format: true,
  envelopeAttribute: true,
  fields: true,
  cache: true,
  codec: true,
  allowSuites: true,
  logicalTableName: true,
  plaintext: true,
  role: true,
  search: true,
  timeToLive: true,
  updates: true,
} satisfies Record<keyof ClientOptions | keyof FormatOptions, true>)

/** @throws {ConfigurationError} `invalid-option` */
export function checkedOptions(options: SealOptions, features: ClientFeatures): CheckedOptions {
  refuseUnknown(options)
  const {
    logicalTableName = (name: string) => name,
    plaintext = 'refuse',
    role = 'both',
    updates = 'refuse',
    timeToLive = [],
    search,
    ...ofFormat
  } = options
  if (typeof logicalTableName !== 'function')
    throw invalid('logicalTableName must be a function: of the name of a table, the name to bind to.')
  if (!['refuse', 'allow'].includes(plaintext)) throw invalid("plaintext must be 'refuse' or 'allow'.")
  if (!['seal', 'open', 'both'].includes(role)) throw invalid("role must be 'seal', 'open' or 'both'.")
  if (!Array.isArray(timeToLive) || timeToLive.some(name => typeof name !== 'string'))
    throw invalid('timeToLive must be a list of names of attributes.')
  if (search !== undefined && !['write', 'find', 'check'].every(name => isFunction(search, name)))
    throw invalid('search must be what createSearchTokens() returns.')
  if (search !== undefined && !features.has('search'))
    throw invalid(`search cannot be taken: ${features.missing('search')}`)
  if (!['refuse', 'read-change-write'].includes(updates))
    throw invalid("updates must be 'refuse' or 'read-change-write'.")
  const format = formatOf(ofFormat, features)
  if (format.wholeItems === true && !features.has('wholeItems'))
    throw invalid(`format cannot be taken: ${features.missing('wholeItems')}`)
  if (updates !== 'refuse' && format.wholeItems !== true)
    throw invalid(
      'updates is for formats that seal items as wholes; this one seals attributes, and its updates read nothing. Leave it out.',
    )
  return { logicalTableName, plaintext, role, updates, timeToLive, format, search }
}

function isFunction(of: unknown, name: string): boolean {
  return typeof (Object(of) as Record<string, unknown>)[name] === 'function'
}

/** Here and not only where a format is made, which does not know the options of a client. */
function refuseUnknown(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidOption(
      'sealDocumentClient() takes the options as its second argument, at least { keyring }.',
    )
  }
  const unknown = Object.keys(options).filter(name => !OPTIONS.includes(name))
  if (unknown.length > 0) {
    throw invalidOption(`There is no option ${unknown.join(', ')}. The options are ${OPTIONS.join(', ')}.`)
  }
}

function formatOf(
  options: FormatOptions | { readonly format: Format },
  { messages }: ClientFeatures,
): Format {
  const { format, ...others } = options
  if (typeof format === 'function')
    throw invalid(
      "format must be 'envelope', 'message', or a format, and not the function that makes one: call it, as in format: dbEsdkFormat({ keyring }).",
    )
  if (typeof format !== 'object' || format === null) return formatWith(options as FormatOptions, messages)
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw invalid(`${unknown} is an option of the field format, and another format is given.`)
  if (typeof format.seal !== 'function' || typeof format.open !== 'function')
    throw invalid("format must be 'envelope', 'message', or a format, with seal and open.")
  return format
}

function invalid(what: string): Error {
  return invalidOption(`The option ${what}`)
}
