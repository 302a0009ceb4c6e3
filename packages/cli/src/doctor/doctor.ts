import type { KnownTable } from '@dynaseal/document-client/mapper'
import { type ClientOfRegion, noTables, type Project } from '../config/project.js'
import { CliError } from '../errors.js'
import { CHECKS } from './checks.js'
import type { Finding, Severity } from './finding.js'
import { lookAround } from './look/lookAround.js'
import type { ChosenClient } from './look/lookAtClient.js'
import type { Seen, SeenClient } from './seen.js'
import { isBroken } from './select.js'

export interface DoctorOptions {
  /** Names of the tables to look at, in DynamoDB or logical. Default: all that the clients know. */
  readonly tables?: readonly string[] | undefined
  /** Of the clients to look with. Default: all of the configuration. */
  readonly regions?: readonly string[] | undefined
  /** Milliseconds until a call that has no answer ends. Default 10,000. */
  readonly timeout?: number | undefined
  /** Ends it, which then rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** A replica of a KMS key that a keyring names. */
export interface KeyReport {
  readonly arn: string
  readonly region: string
  /** As KMS calls it; undefined where it could not be asked. */
  readonly state: string | undefined
  /** Milliseconds of its quickest answer, from here. */
  readonly milliseconds: number | undefined
  readonly aliases: readonly string[]
}

/** A table in the region of a client. */
export interface TableReport {
  readonly table: string
  readonly region: string
  /** As DynamoDB calls it; undefined where it could not be asked. */
  readonly status: string | undefined
  /** Regions of its other replicas. */
  readonly replicas: readonly string[]
  /** What its stream has of items; none where it has no stream. */
  readonly stream: string | undefined
  readonly pointInTimeRecovery: boolean | undefined
  /** The attribute by which items expire. */
  readonly timeToLive: string | undefined
}

export interface DoctorReport {
  /** Errors first. */
  readonly findings: readonly Finding[]
  readonly keys: readonly KeyReport[]
  /**
   * For each client the regions in the order in which its keyring asks them once it has seen what was seen here: its own
   * one, then the quickest; last those that refuse or do not answer.
   */
  readonly routes: readonly { readonly client: string; readonly regions: readonly string[] }[]
  readonly tables: readonly TableReport[]
}

const TIMEOUT = 10_000
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note']

/**
 * Checks keys, permissions and tables from here, in the regions of a configuration, and changes nothing. KMS makes and
 * decrypts some data keys; of tables nothing is read, but for the key of one item where the encryption context depends on it.
 *
 * @throws {CliError} `unknown-region` or `unknown-table`, `config` for clients that know no table
 * @throws the reason of `options.signal`, when that fires
 * @example
 * const { findings } = await doctor(await loadProject({ cwd: process.cwd() }))
 * for (const { severity, code, regions, what, mend } of findings) console.log(severity, code, regions, what, mend)
 */
export async function doctor(project: Project, options: DoctorOptions = {}): Promise<DoctorReport> {
  const { regions = project.regions, tables, timeout = TIMEOUT, signal } = options
  const clients = [...new Set(regions)].map(region => project.client(region))
  const chosen = clients.map(client => ({ ...client, tables: chosenTables(client, tables) }))
  refuseUnknown(chosen, tables)
  if (chosen.every(client => client.tables.size === 0)) throw noTables()
  const seen = await lookAround(chosen, { timeout, signal })
  signal?.throwIfAborted()
  return reportOf(seen)
}

/** What the checks say of what was seen. */
function reportOf(seen: Seen): DoctorReport {
  const findings = CHECKS.flatMap(({ code, severity, run }) =>
    run(seen).map((found): Finding => ({ code, severity, ...found })),
  )
  const rank = ({ severity }: Finding) => SEVERITIES.indexOf(severity)
  return {
    findings: unique(findings).sort((a, b) => rank(a) - rank(b)),
    keys: seen.keys.flatMap(({ replicas, aliases, id }) =>
      replicas.map(({ arn, region, description, ms }) => ({
        arn,
        region,
        state: description?.state,
        milliseconds: ms === undefined ? undefined : Math.round(ms * 10) / 10,
        aliases: [...aliases].flatMap(([name, targets]) => (targets.get(region) === id ? [name] : [])),
      })),
    ),
    routes: seen.clients
      .filter(({ route }) => route.length > 0)
      .map(client => ({ client: client.region, regions: routeOf(client, seen) })),
    tables: seen.tables.map(({ name, region, description, pointInTimeRecovery, timeToLive }) => {
      const { TableStatus, Replicas = [], StreamSpecification: stream } = description ?? {}
      return {
        table: name,
        region,
        status: TableStatus,
        replicas: Replicas.flatMap(({ RegionName }) => RegionName ?? []),
        stream: stream?.StreamEnabled === true ? stream.StreamViewType : undefined,
        pointInTimeRecovery,
        timeToLive,
      }
    }),
  }
}

function routeOf({ route, ownRegion, tables }: SeenClient, seen: Seen): string[] {
  const [id] = [...tables.values()].flatMap(({ keyIds }) => keyIds)
  const replicas = seen.keys.find(key => key.id === id)?.replicas ?? []
  const standing = (region: string) => {
    const replica = replicas.find(one => one.region === region)
    const isLast = replica === undefined || isBroken(seen, region, replica.arn)
    return [isLast ? 1 : 0, region === ownRegion ? 0 : 1, replica?.ms ?? Number.POSITIVE_INFINITY] as const
  }
  return [...route].sort((a, b) => {
    const [one, other] = [standing(a), standing(b)]
    const differing = one.findIndex((value, i) => value !== other[i])
    return differing < 0 ? 0 : one[differing]! - other[differing]!
  })
}

/** What is the same for several clients is told once. */
function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map(finding => [JSON.stringify(finding), finding])).values()]
}

/** A client need not know all of the tables that are asked for. */
function chosenTables(
  { parts }: ClientOfRegion,
  names: readonly string[] | undefined,
): ChosenClient['tables'] {
  const isChosen = (name: string, { name: logical }: KnownTable) =>
    names === undefined || names.includes(name) || names.includes(logical)
  return new Map([...parts.tables.known].filter(([name, known]) => isChosen(name, known)))
}

/** @throws {CliError} `unknown-table` */
function refuseUnknown(clients: readonly ChosenClient[], names: readonly string[] = []): void {
  const chosen = clients.flatMap(({ tables }) => [...tables].flatMap(([name, known]) => [name, known.name]))
  const unknown = names.find(name => !chosen.includes(name))
  if (unknown === undefined) return
  const known = new Set(clients.flatMap(({ parts }) => [...parts.tables.known.keys()]))
  throw new CliError(
    'unknown-table',
    `No client of the configuration knows a table ${unknown}. ${known.size === 0 ? 'They know none: register the entities of the table on them.' : `They know ${[...known].join(', ')}.`}`,
  )
}
