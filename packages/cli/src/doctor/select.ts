import type { Failure, FailureKind } from './failure.js'
import type { ClientTable, Context, Index, Seen, SeenReplica, SeenTable } from './seen.js'

/** All replicas of all keys. */
export function replicas({ keys }: Seen): SeenReplica[] {
  return keys.flatMap(key => key.replicas)
}

/** What went wrong with a replica, of some kinds. */
export function failuresOf({ failure, uses }: SeenReplica, kinds: readonly FailureKind[]): Failure[] {
  return [failure, ...uses.map(use => use.failure)].flatMap(one =>
    one !== undefined && kinds.includes(one.kind) ? [one] : [],
  )
}

/** Whether something is wrong with the replica of a key in a region. */
export function isBroken(seen: Seen, region: string, arn?: string): boolean {
  const replica = replicas(seen).find(one => (arn === undefined ? one.region === region : one.arn === arn))
  if (replica === undefined) return false
  const { failure, foreign, uses, description } = replica
  const isReady = ['Enabled', 'Updating'].includes(description?.state ?? 'Enabled')
  return !isReady || [failure, foreign, ...uses].some(one => one !== undefined)
}

/** Tables that were described. */
export type DescribedTable = SeenTable & { readonly description: NonNullable<SeenTable['description']> }

export function described({ tables }: Seen): DescribedTable[] {
  return tables.filter((table): table is DescribedTable => table.description !== undefined)
}

/** Regions that a table is in, as DynamoDB says: its own, and those of its replicas. */
export function regionsOf({ region, description }: DescribedTable): string[] {
  return [region, ...(description.Replicas ?? []).flatMap(({ RegionName }) => RegionName ?? [])]
}

/** Each global table once, with the first region that was looked at: its replicas share their settings. */
export function eachOnce(seen: Seen): { readonly table: DescribedTable; readonly regions: string[] }[] {
  const found: { table: DescribedTable; regions: string[] }[] = []
  for (const table of described(seen)) {
    const known = found.find(
      one => one.table.name === table.name && regionsOf(one.table).includes(table.region),
    )
    if (known === undefined) found.push({ table, regions: [table.region] })
    else known.regions.push(table.region)
  }
  return found
}

/** All clients' views of each table, by its name in DynamoDB, where there is more than one. */
export function views({ clients }: Seen): { readonly name: string; readonly of: readonly View[] }[] {
  const byName = new Map<string, View[]>()
  for (const { region, tables } of clients)
    for (const [name, table] of tables) byName.set(name, [...(byName.get(name) ?? []), { region, table }])
  return [...byName].filter(([, of]) => of.length > 1).map(([name, of]) => ({ name, of }))
}

export interface View {
  readonly region: string
  readonly table: ClientTable
}

/** Where the views of a table differ in something: what, and in which regions; none where they agree. */
export function differences(
  of: readonly View[],
  something: (table: ClientTable) => string,
): { readonly values: readonly string[]; readonly regions: readonly string[] } | undefined {
  const values = of.map(({ table }) => something(table))
  if (new Set(values).size <= 1) return undefined
  return {
    values: of.map(({ region }, i) => `${region}: ${values[i]}`),
    regions: of.map(({ region }) => region),
  }
}

export function sorted(context: Context): string {
  return Object.entries(context)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}

/** Names of the top-level attributes that hold ciphertext, or have some inside. */
export function encryptedNames({ known }: ClientTable): Set<string> {
  return new Set(known.encrypted(undefined).flatMap(([first]) => (typeof first === 'string' ? [first] : [])))
}

/** Global ones and local ones. */
export function indexes({ description }: DescribedTable): Index[] {
  return [...(description.GlobalSecondaryIndexes ?? []), ...(description.LocalSecondaryIndexes ?? [])]
}

export function keyNames({ KeySchema = [] }: Index): string[] {
  return KeySchema.flatMap(({ AttributeName }) => AttributeName ?? [])
}

/** Whether an index has an attribute: the keys of table and index are in all. */
export function projects(index: Index, { of: { known } }: SeenTable): (attribute: string) => boolean {
  const { ProjectionType, NonKeyAttributes = [] } = index.Projection ?? {}
  if (ProjectionType === 'ALL') return () => true
  const there = new Set([...known.keyNames, ...keyNames(index)])
  if (ProjectionType === 'INCLUDE') for (const name of NonKeyAttributes) there.add(name)
  return attribute => there.has(attribute)
}
