import { searchParts } from '@dynaseal/core/parts'
import { type ClientOfRegion, noTables, type Project, type Target } from '../config/project.js'
import { CliError } from '../errors.js'
import { type CheckedBeaconKey, checkBeaconKeys } from '../keys/beaconKeys.js'
import { regionsOf } from '../keys/keyrings.js'
import { type CheckedSearchKey, checkSearchKeys } from '../keys/searchKeys.js'
import {
  type Evidence,
  type Sealing,
  type TableOpening,
  type TableRead,
  type Verdict,
  verdictOn,
} from './evidence.js'
import { type BreakableCloud, localCloudOf } from './localCloud.js'
import { readSample, type SampleItem, sampleOf } from './sample.js'
import { type TrialFormat, trialFormatOf } from './trialFormat.js'
import { openThrough, sealThrough } from './trials.js'

export interface DrillOptions {
  /** Items of each table that are read. Default 25. */
  readonly sample?: number
  /** Only this region is lost. Default: each, one after the other, and nothing is broken. */
  readonly lose?: string | undefined
  /** When it fires, the drill ends and rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

export interface DrillReport extends Evidence {
  readonly verdicts: readonly Verdict[]
  /** The URL of the local cloud, where the region was broken for real. */
  readonly brokenIn?: string
}

const SAMPLE = 25

/**
 * Reads a sample of the items of each table in each region, and opens it through each replica of the key alone. With
 * `lose`, that region is left out; in a local cloud it is broken meanwhile, and mended however it ends.
 *
 * Writes nothing: sealing is tried on a value that goes nowhere.
 *
 * @throws {CliError}
 * @throws the reason of the signal
 */
export async function drill(
  project: Project,
  { sample = SAMPLE, lose, signal = new AbortController().signal }: DrillOptions = {},
): Promise<DrillReport> {
  const clients = project.regions.map(region => project.client(region))
  const isLeft = (region: string) => region !== lose
  // What only the lost region has, its own table shows.
  const inOrder = [...clients].sort((a, b) => Number(isLeft(a.region)) - Number(isLeft(b.region)))
  const tables = await samplesOf(project, inOrder, sample, signal)
  const keyRegions = await keyRegionsOf({ project, clients, tables, signal })
  const all = [...new Set([...project.regions, ...keyRegions])]
  if (lose !== undefined && !all.includes(lose)) {
    throw new CliError(
      'unknown-region',
      `The configuration has neither a client nor a replica of a key in ${lose}. It has ${all.join(', ')}.`,
    )
  }
  const plan: Plan = {
    project,
    tables,
    clients: clients.filter(({ region }) => isLeft(region)),
    through: keyRegions.filter(isLeft),
    lose,
    signal,
  }
  const cloud = lose === undefined ? undefined : await localCloudOf(clients[0]!)
  const found =
    lose === undefined || cloud === undefined
      ? await gather(plan, false)
      : await gatherWithout(lose, cloud, plan)
  const evidence: Evidence = {
    samples: Object.fromEntries([...tables].map(([name, keys]) => [name, keys.length])),
    clientRegions: project.regions,
    keyRegions,
    ...found,
  }
  const verdicts = (lose === undefined ? all : [lose]).map(region => verdictOn(region, evidence))
  return { ...evidence, verdicts, ...(cloud === undefined ? {} : { brokenIn: cloud.url }) }
}

/** A table is sampled in the first region that has it and answers. */
async function samplesOf(
  project: Project,
  clients: readonly ClientOfRegion[],
  size: number,
  signal: AbortSignal,
): Promise<Map<string, SampleItem[]>> {
  const tables = new Map<string, SampleItem[]>()
  const errors: unknown[] = []
  for (const target of clients.flatMap(client => targetsOf(project, client))) {
    if (tables.has(target.known.name)) continue
    try {
      tables.set(target.known.name, await sampleOf(target, size, signal))
    } catch (error) {
      signal.throwIfAborted()
      errors.push(error)
    }
  }
  const known = new Set(clients.flatMap(client => targetsOf(project, client)).map(({ known }) => known.name))
  if (known.size === 0) throw noTables()
  if (tables.size < known.size) throw errors[0]
  return tables
}

interface Plan {
  readonly project: Project
  /** The sample of each, by logical name. */
  readonly tables: ReadonlyMap<string, readonly SampleItem[]>
  readonly clients: readonly ClientOfRegion[]
  readonly through: readonly string[]
  readonly lose: string | undefined
  readonly signal: AbortSignal
}

type Found = Pick<Evidence, 'reads' | 'openings' | 'sealings' | 'searchKeys' | 'beaconKeys'>

/** With the region broken for real: also as the application does it, which does not know. */
async function gatherWithout(lost: string, cloud: BreakableCloud, plan: Plan): Promise<Found> {
  const mend = await cloud.break(lost)
  // Not only in the end: whoever presses Ctrl-C twice does not wait for it.
  const onAbort = () => void mend().catch(() => {})
  plan.signal.addEventListener('abort', onAbort, { once: true })
  try {
    plan.signal.throwIfAborted()
    return await gather(plan, true)
  } finally {
    plan.signal.removeEventListener('abort', onAbort)
    await mend()
  }
}

async function gather(
  { project, tables, clients, through, lose, signal }: Plan,
  asApplication: boolean,
): Promise<Found> {
  const reads: TableRead[] = []
  const openings: TableOpening[] = []
  const sealings: Sealing[] = []
  const searchKeys: CheckedSearchKey[] = []
  const beaconKeys: CheckedBeaconKey[] = []
  for (const client of clients) {
    for (const target of targetsOf(project, client)) {
      const { name } = target.known
      const trial = trialFormatOf(target)
      const sample = tables.get(name)!
      const { items, milliseconds, problem } = await readSample(target, sample, signal)
      const missing = problem === undefined ? items.filter(item => item === undefined).length : 0
      reads.push({ table: name, region: client.region, milliseconds, missing, ...(problem && { problem }) })
      for (const region of through) {
        const format = trial.alone(region)
        if (problem === undefined) openings.push(await openThrough(region, format, target, items, signal))
        sealings.push(await sealThrough(region, format, target, trial.toSeal(sample[0]), signal))
        format.clear()
      }
      if (!asApplication || problem !== undefined) continue
      const format = trial.alone()
      openings.push(await openThrough('all', format, target, items, signal))
      format.clear()
    }
    const search = searchParts(client.parts.search)
    if (search !== undefined) searchKeys.push(...(await checkSearchKeys(search, { signal, without: lose })))
    const sampled = [...tables.values()].flat()
    beaconKeys.push(...(await checkBeaconKeys(client.parts.search, sampled, { signal, without: lose })))
  }
  return { reads, openings, sealings, searchKeys, beaconKeys }
}

function targetsOf(project: Project, { region }: ClientOfRegion): Target[] {
  return project.tables(region).map(name => project.target(name, region))
}

/** Of all keys, also of those that a function gives for the items of the sample. */
async function keyRegionsOf({ project, clients, tables }: Omit<Plan, 'through' | 'lose'>): Promise<string[]> {
  const regions = new Set<string>()
  for (const target of clients.flatMap(client => targetsOf(project, client))) {
    const trial: TrialFormat = trialFormatOf(target)
    const sample = tables.get(target.known.name)!
    for (const item of sample.length > 0 ? sample : [undefined])
      for (const region of regionsOf(await trial.keysFor(item))) regions.add(region)
  }
  return [...regions]
}
