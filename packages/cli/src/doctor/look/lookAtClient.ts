import type { KnownTable } from '@dynaseal/document-client/mapper'
import type { ClientOfRegion } from '../../config/project.js'
import type { WireItem } from '../../stored/wireItem.js'
import type { ClientTable, Context, SeenClient } from '../seen.js'
import type { Limits, Sender } from '../wire.js'
import { type KeyAccess, keyIdOf } from './keyAccess.js'
import { type LookedFormat, lookAtFormat, type Recipient, type TableOfClient } from './lookAtFormat.js'
import type { Demand } from './lookAtKeys.js'
import { roundTrip } from './roundTrip.js'

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
  /** Of items of its tables: what their encryption contexts depend on. */
  readonly samples: readonly WireItem[]
}

export async function lookAtClient(client: ChosenClient, limits: Limits): Promise<LookedClient> {
  const { region, parts, tables } = client
  // A document client sends the commands of the client below it as well.
  const sender = parts.unsealed as unknown as Sender
  const demands: Demand[] = []
  const seen = new Map<string, ClientTable>()
  const samples: WireItem[] = []
  let isOpaque = false
  for (const [name, known] of tables) {
    const looked = await lookAtClientTable(client, { parts, sender, name, known }, limits)
    isOpaque ||= looked.isOpaque
    demands.push(...looked.demands)
    if (looked.sample !== undefined) samples.push(looked.sample)
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
    samples,
  }
}

interface LookedClientTable {
  readonly table: ClientTable
  readonly demands: readonly Demand[]
  readonly isOpaque: boolean
  readonly sample: WireItem | undefined
}

async function lookAtClientTable(
  { region, parts }: ChosenClient,
  of: TableOfClient,
  limits: Limits,
): Promise<LookedClientTable> {
  const { format, role } = parts
  const { known } = of
  const seals = role !== 'open'
  const opens = role !== 'seal'
  const table = { known, attributes: format.attributes, context: undefined, keyIds: [], keyStore: undefined }
  let looked: LookedFormat
  try {
    looked = await lookAtFormat(of, limits)
  } catch (error) {
    // The application's own functions may throw.
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return {
      table: { ...table, context: {}, lost: [{ region, reason }] },
      demands: [],
      isOpaque: false,
      sample: undefined,
    }
  }
  const { context, asked, recipients, sample } = looked
  const access = recipients.flatMap(one => one.access)
  const lost: { region: string; reason: string }[] = []
  for (const recipient of seals && asked !== undefined ? recipients : [])
    lost.push(...(await lostIn(region, recipient, asked!, opens, limits)))
  return {
    table: {
      ...table,
      context,
      keyIds: access.map(({ replicas }) => keyIdOf(replicas[0]!.arn)),
      keyStore: keyStoreOf(access),
      lost,
    },
    demands: recipients.flatMap(recipient =>
      recipient.access.map((one, i) => ({
        access: one,
        // Of branch keys, KMS is given the context of the key store.
        uses:
          asked === undefined || one.kind !== 'mrk'
            ? []
            : [{ table: known.name, context: context!, asked, seals: seals && i === 0, opens }],
      })),
    ),
    isOpaque: recipients.some(one => one.isOpaque),
    sample,
  }
}

function keyStoreOf(access: readonly KeyAccess[]): ClientTable['keyStore'] {
  const keys = access.find(one => one.kind === 'branch-keys')
  if (keys === undefined) return undefined
  const { branchKeyId, keyStore } = keys
  return { ...keyStore, branchKeyId: typeof branchKeyId === 'string' ? branchKeyId : undefined }
}

/** Branch keys are tried in each region alone; a keyring of which nothing is known, as it is. */
async function lostIn(
  region: string,
  { keyring, access: [first], isOpaque }: Recipient,
  asked: Context,
  opens: boolean,
  limits: Limits,
): Promise<{ region: string; reason: string }[]> {
  const tried: { region: string; reason: string | undefined }[] = []
  if (isOpaque && keyring !== undefined) {
    tried.push({ region, reason: await roundTrip(() => keyring, asked, opens, limits) })
  } else if (first?.kind === 'branch-keys') {
    const regions = first.keyStore.regions.filter(one => first.replicas.some(each => each.region === one))
    for (const one of regions)
      tried.push({ region: one, reason: await roundTrip(() => first.alone(one), asked, opens, limits) })
  }
  return tried.flatMap(({ region: one, reason }) => (reason === undefined ? [] : [{ region: one, reason }]))
}
