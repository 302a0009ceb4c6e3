import type { Keyring } from '@dynaseal/core'
import { sourceOf } from '@dynaseal/core/formats'
import type { Context } from '../seen.js'
import type { Limits } from '../wire.js'

const DATA_KEY_BYTES = 32

/** Why a keyring does not make a data key, or not decrypt it again where it `opens` any; undefined where it does. */
export async function roundTrip(
  make: () => Keyring | Promise<Keyring>,
  encryptionContext: Context,
  opens: boolean,
  { timeout, signal }: Limits,
): Promise<string | undefined> {
  const late = AbortSignal.timeout(timeout)
  const request = {
    encryptionContext,
    length: DATA_KEY_BYTES,
    signal: signal === undefined ? late : AbortSignal.any([late, signal]),
  }
  try {
    const source = await sourceOf(await make())
    const { dataKey, encryptedDataKeys } = await source.generateDataKey(request)
    dataKey.fill(0)
    if (!opens) return undefined
    const opened = await source.decryptDataKey({ ...request, encryptedDataKeys })
    opened.fill(0)
    return undefined
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}
