import { type FormatParts, formatParts } from '@dynaseal/core/parts'
import type { KnownTable } from '@dynaseal/document-client/mapper'
import type { ClientOfRegion } from '../../config/project.js'
import { keyringFor } from '../../keys/keyrings.js'
import type { WireItem } from '../../stored/wireItem.js'
import type { ClientTable, Context, SeenClient } from '../seen.js'
import type { Limits, Sender } from '../wire.js'
import { contextOf } from './context.js'
import { type KeyringsOfContext, keyIdOf, keyringsOf } from './keyAccess.js'
import type { Demand } from './lookAtKeys.js'
import { roundTrip } from './roundTrip.js'
import { sampleKey } from './sampleKey.js'

/** A client of a configuration, and which of its tables are to be looked at. */
export interface ChosenClient extends ClientOfRegion {
  readonly tables: ReadonlyMap<string, KnownTable>
}

export interface LookedClient {
  readonly seen: SeenClient
  /** The client below the sealed one. */
  readonly sender: Sender
  /** What it does with its keys. */
  readonly demands: readonly Demand[]
}

export async function lookAtClient(client: ChosenClient, limits: Limits): Promise<LookedClient> {
  const { region, parts, tables } = client
  // A document client sends the commands of the client below it as well.
  const sender = parts.unsealed as unknown as Sender
  const demands: Demand[] = []
  const seen = new Map<string, ClientTable>()
  let isOpaque = false
  for (const [name, known] of tables) {
    const looked = await lookAtClientTable(client, { sender, name, known }, limits)
    isOpaque ||= looked.isOpaque
    demands.push(...looked.demands)
    seen.set(name, looked.table)
  }
  const [first] = demands
  return {
    seen: {
      region,
      role: parts.role,
      tables: seen,
      isOpaque,
      ownRegion: first?.access.ownRegion,
      route: first?.access.routes().map(one => one.region) ?? [],
    },
    sender,
    demands,
  }
}

interface TableOfClient {
  readonly sender: Sender
  readonly name: string
  readonly known: KnownTable
}

interface LookedClientTable {
  readonly table: ClientTable
  readonly demands: readonly Demand[]
  readonly isOpaque: boolean
}

async function lookAtClientTable(
  { region, parts: { format, role } }: ChosenClient,
  of: TableOfClient,
  limits: Limits,
): Promise<LookedClientTable> {
  const { known } = of
  const parts = formatParts(format)
  const seals = role !== 'open'
  const opens = role !== 'seal'
  const table = { known, attributes: format.attributes, context: undefined, keyIds: [], keyStore: undefined }
  let context: Context | undefined
  let keyrings: KeyringsOfContext
  try {
    context = await contextOfTable(parts, of, limits)
    keyrings = await keyringsOf(parts?.keyring, context)
  } catch (error) {
    // The application's own functions may throw.
    const lost = [
      { region, reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) },
    ]
    return { table: { ...table, context: {}, lost }, demands: [], isOpaque: false }
  }
  const { access, isOpaque } = keyrings
  const keyStore = access.find(one => one.kind === 'branch-keys')?.keyStore
  return {
    table: {
      ...table,
      context,
      keyIds: access.map(({ replicas }) => keyIdOf(replicas[0]!.arn)),
      keyStore,
      lost: seals && context ? await lostIn(region, parts, keyrings, context, opens, limits) : [],
    },
    demands: access.map((one, i) => ({
      access: one,
      // Of branch keys, KMS is given the context of the key store.
      uses:
        context === undefined || one.kind !== 'mrk'
          ? []
          : [{ table: known.name, context, seals: seals && i === 0, opens }],
    })),
    isOpaque,
  }
}

/** Where it depends on the item, that of some item; undefined where none can be read, or none can be told. */
async function contextOfTable(
  parts: FormatParts | undefined,
  { sender, name, known }: TableOfClient,
  limits: Limits,
): Promise<Context | undefined> {
  if (parts === undefined) return undefined
  const anyKey: WireItem = Object.fromEntries(known.keyNames.map(key => [key, { S: 'dynaseal-doctor' }]))
  const isFixed = typeof parts.encryptionContext !== 'function'
  const key = isFixed ? anyKey : await sampleKey(sender, name, known, limits)
  return key === undefined ? undefined : contextOf(parts, known.name, key)
}

/** Branch keys are tried in each region alone; a keyring of which nothing is known, as it is. */
async function lostIn(
  region: string,
  parts: FormatParts | undefined,
  { access: [first], isOpaque }: KeyringsOfContext,
  context: Context,
  opens: boolean,
  limits: Limits,
): Promise<ClientTable['lost']> {
  const tried: { region: string; reason: string | undefined }[] = []
  if (isOpaque && parts !== undefined) {
    const make = () => keyringFor(parts.keyring, context)
    tried.push({ region, reason: await roundTrip(make, context, opens, limits) })
  } else if (first?.kind === 'branch-keys') {
    const regions = first.keyStore.regions.filter(one => first.replicas.some(each => each.region === one))
    for (const one of regions)
      tried.push({ region: one, reason: await roundTrip(() => first.alone(one), context, opens, limits) })
  }
  return tried.flatMap(({ region: one, reason }) => (reason === undefined ? [] : [{ region: one, reason }]))
}
