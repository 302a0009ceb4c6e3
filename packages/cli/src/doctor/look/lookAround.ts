import type { FormatOptions, Keyring } from '@dynaseal/core'
import { sourceOf } from '@dynaseal/core/formats'
import { type FormatParts, formatParts } from '@dynaseal/core/parts'
import type { KnownTable } from '@dynaseal/document-client/mapper'
import type { ClientOfRegion } from '../../config/project.js'
import type { WireItem } from '../../stored/wireItem.js'
import type { ClientTable, Context, Seen, SeenClient } from '../seen.js'
import type { Sender } from '../wire.js'
import { contextOf } from './context.js'
import { keyIdOf, keyringsOf } from './keyAccess.js'
import { type Demand, lookAtKeys } from './lookAtKeys.js'
import { lookAtSearchKeys } from './lookAtSearchKeys.js'
import { lookAtTable } from './lookAtTable.js'
import { sampleKey } from './sampleKey.js'

/** A client of a configuration, and which of its tables are to be looked at. */
export interface ChosenClient extends ClientOfRegion {
  readonly tables: ReadonlyMap<string, KnownTable>
}

/** Looks at all that the checks need, in all regions at once. Only what AWS does not allow stays unseen. */
export async function lookAround(clients: readonly ChosenClient[], signal: AbortSignal): Promise<Seen> {
  const looked = await Promise.all(clients.map(client => lookAtClient(client, signal)))
  const [keys, tables, searchKeys] = await Promise.all([
    lookAtKeys(
      looked.flatMap(({ demands }) => demands),
      signal,
    ),
    Promise.all(
      looked.flatMap(({ seen, sender }) =>
        [...seen.tables].map(([name, table]) => lookAtTable(sender, seen.region, name, table, signal)),
      ),
    ),
    Promise.all(clients.map(({ parts }) => lookAtSearchKeys(parts.search, signal))),
  ])
  return { clients: looked.map(({ seen }) => seen), keys, tables, searchKeys: searchKeys.flat() }
}

interface LookedClient {
  readonly seen: SeenClient
  readonly sender: Sender
  readonly demands: readonly Demand[]
}

async function lookAtClient(
  { region, parts: { unsealed, format, role }, tables }: ChosenClient,
  signal: AbortSignal,
): Promise<LookedClient> {
  // A document client sends the commands of the client below it as well.
  const sender = unsealed as unknown as Sender
  const parts = formatParts(format)
  const keyring = parts?.keyring
  const demands: Demand[] = []
  const seen = new Map<string, ClientTable>()
  let isOpaque = false
  for (const [name, known] of tables) {
    const context = await contextOfTable(parts, { sender, name, known }, signal)
    const keyrings = await keyringsOf(keyring, context)
    isOpaque ||= keyrings.isOpaque
    for (const [i, access] of keyrings.access.entries())
      demands.push({
        access,
        uses:
          context === undefined
            ? []
            : [{ table: known.name, context, seals: role !== 'open' && i === 0, opens: role !== 'seal' }],
      })
    const roundTrip =
      keyrings.isOpaque && context !== undefined && keyring !== undefined && role === 'both'
        ? await roundTripOf(keyring, context)
        : undefined
    seen.set(name, {
      known,
      attributes: format.attributes,
      context,
      keyIds: keyrings.access.map(({ replicas }) => keyIdOf(replicas[0]!.arn)),
      roundTrip,
    })
  }
  const [first] = demands
  const client = {
    region,
    role,
    tables: seen,
    isOpaque,
    ownRegion: first?.access.ownRegion,
    route: first?.access.routes().map(one => one.region) ?? [],
  }
  return { seen: client, sender, demands }
}

interface TableOfClient {
  readonly sender: Sender
  readonly name: string
  readonly known: KnownTable
}

/** Where it depends on the item, that of some item; undefined where none can be read, or none can be told. */
async function contextOfTable(
  parts: FormatParts | undefined,
  { sender, name, known }: TableOfClient,
  signal: AbortSignal,
): Promise<Context | undefined> {
  if (parts === undefined) return undefined
  const anyKey: WireItem = Object.fromEntries(known.keyNames.map(key => [key, { S: 'dynaseal-doctor' }]))
  const isFixed = typeof parts.encryptionContext !== 'function'
  const key = isFixed ? anyKey : await sampleKey(sender, name, known, signal)
  return key === undefined ? undefined : contextOf(parts, known.name, key)
}

/** Why a data key does not come back from a keyring that cannot be looked into. */
async function roundTripOf(keyring: FormatOptions['keyring'], context: Context): Promise<string | undefined> {
  try {
    const own: Keyring = typeof keyring === 'function' ? await keyring(context) : keyring
    const source = await sourceOf(own)
    const request = { encryptionContext: context, length: 32 }
    const { dataKey, encryptedDataKeys } = await source.generateDataKey(request)
    dataKey.fill(0)
    const opened = await source.decryptDataKey({ ...request, encryptedDataKeys })
    opened.fill(0)
    return undefined
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}
