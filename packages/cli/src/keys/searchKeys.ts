import { createSearchTokens, TokenDefinition } from '@dynaseal/core'
import { type SearchKeyParts, type SearchParts, searchParts } from '@dynaseal/core/parts'
import { type WrappingKey, wrappingKey } from '../inspect/wrappingKey.js'
import { aloneIn, keyringFor, keysOf, regionsOf } from './keyrings.js'
import { reasonOf } from './reasonOf.js'

/** A search key, as its bytes tell. */
export interface SearchKeyDescription {
  /** 1 to 255; its tokens begin with it. */
  readonly version: number
  /** The first 6 bytes of its commitment, in hex. */
  readonly id: string
  readonly bytes: number
  /** Whether tokens are made with it; otherwise they are only looked for. */
  readonly writes: boolean
  readonly wrappingKeys: readonly WrappingKey[]
}

/** What became of it in one region. */
export interface ReplicaCheck {
  readonly region: string
  /** Whether this region's replica alone unwraps it, to what it commits to. */
  readonly opens: boolean
  /** Until the answer. */
  readonly milliseconds: number
  /** Why it does not. */
  readonly reason?: string
}

export interface CheckedSearchKey extends SearchKeyDescription {
  /** One for each region in which its keyring has a key, and that was asked. */
  readonly replicas: readonly ReplicaCheck[]
}

const ID_DIGITS = 12

export interface CheckOptions {
  /** A region that is not asked. Default: none. */
  readonly without?: string | undefined
  /** When it fires, the check ends and rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** The search keys of a client: what stands in their bytes. That which is written with stands first. */
export function describeSearchKeys({ searchKeys }: SearchParts): SearchKeyDescription[] {
  return searchKeys.map((key, index) => ({
    version: key.version,
    id: key.commitment.slice(0, ID_DIGITS),
    bytes: key.bytes.length,
    writes: index === 0,
    wrappingKeys: key.encryptedDataKeys.map(wrappingKey),
  }))
}

/**
 * Unwraps each search key through each replica of its key alone: one call to KMS for each of both.
 *
 * @throws {CliError} `unsupported` for a keyring that does not tell its keys
 */
export async function checkSearchKeys(
  parts: SearchParts,
  { signal, without }: CheckOptions = {},
): Promise<CheckedSearchKey[]> {
  const context = { ...parts.encryptionContext, 'dynaseal:search': '1' }
  const all = regionsOf(keysOf(await keyringFor(parts.keyring, context)))
  const regions = all.filter(region => region !== without)
  const described = describeSearchKeys(parts)
  return Promise.all(
    parts.searchKeys.map(async (key, index) => ({
      ...described[index]!,
      replicas: await Promise.all(regions.map(region => checkIn(region, key, parts, signal))),
    })),
  )
}

/** The parts of a search key that has just been made. */
export function partsOfNew(key: Uint8Array, { keyring, encryptionContext }: Omit<SearchParts, 'searchKeys'>) {
  return searchParts(createSearchTokens({ keyring, encryptionContext, writeWith: key }))!
}

/** To make a token takes the key, and that it is the one that was committed to. */
const ANY = new TokenDefinition({ of: [{ path: ['any'] }] })

async function checkIn(
  region: string,
  { bytes }: SearchKeyParts,
  { keyring, encryptionContext }: SearchParts,
  signal: AbortSignal | undefined,
): Promise<ReplicaCheck> {
  const tokens = createSearchTokens({
    keyring: aloneIn(region, keyring),
    encryptionContext,
    writeWith: bytes,
  })
  const start = performance.now()
  const milliseconds = () => Math.round(performance.now() - start)
  try {
    await tokens.find([{ definition: ANY, table: 'any', values: [{ S: '' }] }], { signal })
    return { region, opens: true, milliseconds: milliseconds() }
  } catch (error) {
    signal?.throwIfAborted()
    return { region, opens: false, milliseconds: milliseconds(), reason: reasonOf(error) }
  } finally {
    tokens.clear()
  }
}
