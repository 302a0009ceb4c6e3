import { dataKeySource, type Keyring } from '@dynaseal/core'
import type { FormatParts } from '@dynaseal/core/parts'
import type { WireItem } from '../../stored/wireItem.js'
import type { Context } from '../seen.js'

class Enough extends Error {}

/**
 * The whole encryption context of an item, as the format asks a keyring with it.
 *
 * @param key of an item, which the application's own part may depend on
 * @throws what the application's function throws
 */
export async function contextOf(parts: FormatParts, table: string, key: WireItem): Promise<Context> {
  let asked: Context | undefined
  const refuse = () => {
    throw new Enough()
  }
  const listening: Keyring = {
    onEncrypt: refuse,
    onDecrypt: refuse,
    [dataKeySource]: {
      async generateDataKey(request) {
        asked = request.encryptionContext
        throw new Enough()
      },
      decryptDataKey: refuse,
    },
  }
  const probe = { table, key, fields: [{ path: ['probe'], value: { NULL: true } }] }
  try {
    await parts.over(listening).seal([probe])
  } catch (error) {
    if (asked === undefined) throw error
  }
  return asked!
}
