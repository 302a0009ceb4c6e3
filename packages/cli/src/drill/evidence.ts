import type { CheckedBeaconKey } from '../keys/beaconKeys.js'
import type { CheckedSearchKey } from '../keys/searchKeys.js'

/** The sample of a table, read in one region. */
export interface TableRead {
  /** Its logical name. */
  readonly table: string
  readonly region: string
  readonly milliseconds: number
  /** Items of the sample that are not there. */
  readonly missing: number
  /** Why nothing could be read. */
  readonly problem?: string
}

/** What was read in one region, opened through the key replicas of one region alone. */
export interface TableOpening {
  readonly table: string
  readonly region: string
  /** The region of the key's replica, or `all`: as the application does it, nearest first. */
  readonly through: string
  readonly milliseconds: number
  readonly fields: number
  /** Positions in the sample of the items of which something does not open. */
  readonly failed: readonly number[]
  /** Why the first of them does not. */
  readonly reason?: string
}

/** Whether the client of a region gets new data keys through the key's replica in one region alone. */
export interface Sealing {
  readonly table: string
  readonly region: string
  readonly through: string
  readonly milliseconds: number
  readonly problem?: string
}

/** What a drill has found out. */
export interface Evidence {
  /** Items of the sample of each table, by logical name. */
  readonly samples: Readonly<Record<string, number>>
  /** Of the configuration's clients. */
  readonly clientRegions: readonly string[]
  /** Of replicas of its keys. */
  readonly keyRegions: readonly string[]
  readonly reads: readonly TableRead[]
  readonly openings: readonly TableOpening[]
  readonly sealings: readonly Sealing[]
  readonly searchKeys: readonly CheckedSearchKey[]
  readonly beaconKeys: readonly CheckedBeaconKey[]
}

/** Whether all goes on without a region. */
export interface Verdict {
  readonly region: string
  readonly canBeLost: boolean
  /** What would stop. */
  readonly reasons: readonly string[]
}

/**
 * A region can be lost when there is another one, in which each table has all of the sample, and it opens, new items are
 * sealed, and search keys and beacon keys are unwrapped, through replicas of other regions.
 */
export function verdictOn(lost: string, evidence: Evidence): Verdict {
  const regions = evidence.clientRegions.filter(region => region !== lost)
  const through = evidence.keyRegions.filter(region => region !== lost)
  const reasons: string[] = []
  if (regions.length === 0) reasons.push('The configuration has no client for another region.')
  if (through.length === 0) reasons.push('The key has no replica in another region.')
  if (reasons.length === 0) {
    for (const table of Object.keys(evidence.samples))
      reasons.push(...ofTable(table, regions, through, evidence))
    for (const { version, replicas } of evidence.searchKeys) {
      if (!replicas.some(({ region, opens }) => opens && region !== lost))
        reasons.push(`Search key ${version} is unwrapped by no other replica.`)
    }
    for (const { branchKeyId, replicas } of evidence.beaconKeys) {
      if (!replicas.some(({ region, opens }) => opens && region !== lost))
        reasons.push(`The beacon key of branch key ${branchKeyId} is had in no other region.`)
    }
  }
  return { region: lost, canBeLost: reasons.length === 0, reasons: [...new Set(reasons)] }
}

function ofTable(
  table: string,
  regions: readonly string[],
  through: readonly string[],
  { samples, reads, openings, sealings }: Evidence,
): string[] {
  const size = samples[table]!
  const faults = regions.map(region => {
    const read = reads.find(one => one.table === table && one.region === region)
    if (read === undefined) return `In ${region}, the configuration's client knows no table ${table}.`
    if (read.problem !== undefined) return `In ${region}, table ${table} is not read: ${read.problem}`
    if (read.missing > 0) return `In ${region}, table ${table} lacks ${read.missing} of ${size} items.`
    const own = openings.find(one => one.table === table && one.region === region && one.through === 'all')
    if (own !== undefined && own.failed.length > 0)
      return `In ${region}, ${own.failed.length} of ${size} items of table ${table} do not open as the application opens them: ${own.reason}`
    const tried = openings.filter(
      one => one.table === table && one.region === region && through.includes(one.through),
    )
    const unopened = [...Array(size).keys()].filter(item =>
      tried.every(({ failed }) => failed.includes(item)),
    )
    if (unopened.length > 0) {
      const reason = tried.find(one => one.reason !== undefined)?.reason
      return `In ${region}, ${unopened.length} of ${size} items of table ${table} do not open: ${reason}`
    }
    const sealed = sealings.filter(
      one => one.table === table && one.region === region && through.includes(one.through),
    )
    if (sealed.some(({ problem }) => problem === undefined)) return undefined
    return `In ${region}, nothing new is sealed for table ${table}: ${sealed[0]?.problem}`
  })
  // One region in which all is well is enough.
  return faults.includes(undefined) ? [] : (faults as string[])
}
