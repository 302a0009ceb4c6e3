import { createSearchKey } from '@dynaseal/core'
import { formatParts, searchParts } from '@dynaseal/core/parts'
import type { Project } from '../config/project.js'
import { CliError } from '../errors.js'
import { reasonOf, sentence } from './reasonOf.js'
import { type CheckedSearchKey, checkSearchKeys, partsOfNew } from './searchKeys.js'

type Pairs = Readonly<Record<string, string>>

/** A search key that was just made, and proved by every replica of its KMS key. */
export interface NewSearchKey extends CheckedSearchKey {
  /** For the application's configuration, in base64. It is not secret: it takes the keyring to use it. */
  readonly searchKey: string
  readonly encryptionContext: Pairs
}

export interface NewSearchKeyOptions {
  /** Of the configuration's client whose keyring makes it. Default: the first one. */
  readonly region?: string | undefined
  /** 1 to 255. Default 1. */
  readonly version?: number | undefined
  /** Pairs of its encryption context. Default: those of the client's search keys, or none. */
  readonly encryptionContext?: Pairs | undefined
  /** When it fires, the call ends and rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes a search key with the keyring of a client's search keys or, where it has none yet, of its fields.
 *
 * @throws {CliError} `usage` for a version that the client has already, `unsupported` for a keyring that does not tell its keys
 * @throws {CliError} `failed` where the keyring makes none
 */
export async function newSearchKey(
  project: Project,
  { region, version = 1, encryptionContext: pairs, signal }: NewSearchKeyOptions = {},
): Promise<NewSearchKey> {
  const { parts } = project.client(region)
  const search = searchParts(parts.search)
  const keyring = search?.keyring ?? formatParts(parts.format)?.keyring
  if (keyring === undefined)
    throw new CliError(
      'unsupported',
      'The format of the configuration has no keyring that makes search keys.',
    )
  const encryptionContext = pairs ?? search?.encryptionContext ?? {}
  if (search !== undefined && isSame(encryptionContext, search.encryptionContext)) {
    const taken = search.searchKeys.map(one => one.version)
    if (taken.includes(version)) {
      throw new CliError(
        'usage',
        `The configuration has a search key of version ${version} already, and tokens are told apart by it. For the next one: dynaseal search-key rotate.`,
      )
    }
  }
  const bytes = await createSearchKey(keyring, { version, encryptionContext, signal }).catch(
    (error: unknown) => {
      signal?.throwIfAborted()
      if ((error as { code?: unknown }).code !== 'key-unavailable') throw error
      throw new CliError(
        'failed',
        `No search key can be made: ${sentence(reasonOf(error))} It takes kms:GenerateDataKey with the encryption context dynaseal:search=1, as "dynaseal policy operators" has it.`,
        error,
      )
    },
  )
  const [checked] = await checkSearchKeys(partsOfNew(bytes, { keyring, encryptionContext }), { signal })
  return { ...checked!, searchKey: Buffer.from(bytes).toString('base64'), encryptionContext }
}

const MAX_VERSION = 255

/**
 * Makes the search key that follows those of a client, in their context.
 *
 * @throws {CliError} `config` for a client without search keys, `unsupported` where no version is left
 */
export function nextSearchKey(
  project: Project,
  options: Omit<NewSearchKeyOptions, 'version' | 'encryptionContext'> = {},
): Promise<NewSearchKey> {
  const versions = searchPartsOf(project, options.region).searchKeys.map(({ version }) => version)
  const version = Math.max(...versions) + 1
  if (version > MAX_VERSION) {
    throw new CliError(
      'unsupported',
      `Versions end with ${MAX_VERSION}, which the configuration has. A lower one that no stored token has can be made with: dynaseal search-key create --key-version.`,
    )
  }
  return newSearchKey(project, { ...options, version })
}

/**
 * What a client's search tokens are made with.
 *
 * @throws {CliError} `config`, or `unknown-region`
 */
export function searchPartsOf(project: Project, region?: string) {
  const client = project.client(region)
  const parts = searchParts(client.parts.search)
  if (parts !== undefined) return parts
  throw new CliError(
    'config',
    `The configuration's client for ${client.region} has no search keys: it takes the option search, of createSearchTokens(). A first key is made with: dynaseal search-key create.`,
  )
}

function isSame(one: Pairs, other: Pairs): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every(name => one[name] === other[name])
}
