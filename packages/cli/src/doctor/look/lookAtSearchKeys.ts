import type { EncryptedDataKeyEntry } from '@dynaseal/core'
import { type SearchKeyParts, type SearchParts, searchParts } from '@dynaseal/core/parts'
import { checkSearchKeys } from '../../keys/searchKeys.js'
import type { Context, SeenSearchKey } from '../seen.js'
import type { Limits } from '../wire.js'
import { inAllRegions, type KeyAccess, keyringsOf } from './keyAccess.js'
import { ReplicaCalls } from './lookAtReplica.js'

const KMS = 'aws-kms'

/** Unwraps the search keys of a client in each region; none of what `createSearchTokens()` did not make. */
export async function lookAtSearchKeys(search: unknown, limits: Limits): Promise<SeenSearchKey[]> {
  const parts = searchParts(search)
  if (parts === undefined) return []
  const context = { ...parts.encryptionContext, 'dynaseal:search': '1' }
  const { access, isOpaque } = await keyringsOf(parts.keyring, context)
  // What they are wrapped with is not known then.
  if (isOpaque || access.length === 0) return []
  if (access.some(({ kind }) => kind === 'branch-keys')) return throughKeyrings(parts, context, limits)
  const seen = await Promise.all(parts.searchKeys.map(key => lookAtSearchKey(key, context, access, limits)))
  return seen.flat()
}

/** KMS knows nothing of branch keys: their keyrings have to be asked, in each region alone. */
async function throughKeyrings(
  parts: SearchParts,
  context: Context,
  { signal }: Limits,
): Promise<SeenSearchKey[]> {
  const checked = await checkSearchKeys(parts, { signal })
  return checked.flatMap(({ version, wrappingKeys, replicas }) =>
    replicas.map(({ region, reason }) => ({
      version,
      context,
      region,
      arn: undefined,
      wrappedUnder: wrappingKeys.map(({ name }) => name),
      reason,
    })),
  )
}

async function lookAtSearchKey(
  { version, encryptedDataKeys }: SearchKeyParts,
  context: Context,
  keyrings: readonly KeyAccess[],
  limits: Limits,
): Promise<SeenSearchKey[]> {
  const entries = encryptedDataKeys.filter(({ providerId }) => providerId === KMS)
  const key = {
    version,
    context,
    wrappedUnder: encryptedDataKeys.map(({ providerInfo }) => providerInfo),
  }
  const asked = keyrings.flatMap(access =>
    access.replicas.flatMap(replica => {
      const entry = entries.find(({ providerInfo }) => isSameKey(providerInfo, replica.arn))
      return entry === undefined ? [] : [{ access, replica, entry }]
    }),
  )
  if (asked.length === 0) return [{ ...key, arn: undefined, region: undefined, reason: undefined }]
  return Promise.all(
    asked.map(async ({ access, replica: { region, arn }, entry }) => {
      const calls = new ReplicaCalls(region, arn, access, limits)
      const failure = await calls.decrypt(bytesOf(entry), context)
      return { ...key, arn, region, reason: failure?.reason }
    }),
  )
}

function isSameKey(providerInfo: string, arn: string): boolean {
  return providerInfo.startsWith('arn:') && inAllRegions(providerInfo) === inAllRegions(arn)
}

/** A copy: what the search tokens hold stays theirs. */
function bytesOf({ encryptedDataKey }: EncryptedDataKeyEntry): Uint8Array {
  return Uint8Array.from(encryptedDataKey)
}
