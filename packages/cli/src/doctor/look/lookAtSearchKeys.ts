import type { EncryptedDataKeyEntry } from '@dynaseal/core'
import { type SearchKeyParts, searchParts } from '@dynaseal/core/parts'
import type { Context, SeenSearchKey } from '../seen.js'
import { inAllRegions, type KeyAccess, keyringsOf } from './keyAccess.js'
import { ReplicaCalls } from './lookAtReplica.js'

const KMS = 'aws-kms'

/** Unwraps the search keys of a client in each region; none of what `createSearchTokens()` did not make. */
export async function lookAtSearchKeys(search: unknown, signal: AbortSignal): Promise<SeenSearchKey[]> {
  const parts = searchParts(search)
  if (parts === undefined) return []
  const context = { ...parts.encryptionContext, 'dynaseal:search': '1' }
  const keyrings = await keyringsOf(parts.keyring, context)
  // What they are wrapped with is not known then.
  if (keyrings.access.length === 0) return []
  const seen = await Promise.all(
    parts.searchKeys.map(key => lookAtSearchKey(key, context, keyrings.access, signal)),
  )
  return seen.flat()
}

async function lookAtSearchKey(
  { version, encryptedDataKeys }: SearchKeyParts,
  context: Context,
  keyrings: readonly KeyAccess[],
  signal: AbortSignal,
): Promise<SeenSearchKey[]> {
  const entries = encryptedDataKeys.filter(({ providerId }) => providerId === KMS)
  const key = { version, context, wrappedUnder: entries.map(({ providerInfo }) => providerInfo) }
  const asked = keyrings.flatMap(access =>
    access.replicas.flatMap(replica => {
      const entry = entries.find(({ providerInfo }) => isSameKey(providerInfo, replica.arn))
      return entry === undefined ? [] : [{ access, replica, entry }]
    }),
  )
  if (asked.length === 0) return [{ ...key, arn: undefined, region: undefined, failure: undefined }]
  return Promise.all(
    asked.map(async ({ access, replica: { region, arn }, entry }) => {
      const calls = new ReplicaCalls(region, arn, access, signal)
      return { ...key, arn, region, failure: await calls.decrypt(bytesOf(entry), context) }
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
