import { ActiveFaults } from './activeFaults.js'
import { SERVICES } from './aws.js'
import { type Call, type CallFilter, type CallListFilter, CallLog } from './callLog.js'
import { RegionClocks } from './clocks.js'
import type { Counter } from './counters.js'
import type { EngineName } from './dynamodb/engines.js'
import { checkFault, type Fault } from './faults.js'
import { Front } from './front.js'
import { type Controlled, handleControl, isControl } from './http/control.js'
import { listen } from './http/server.js'
import type { InitialKey, InitialTable, KeyReference } from './initial/resources.js'
import { checkLatency, type Latency } from './latency.js'
import { refuseUnknown } from './members.js'
import { isPage } from './page/paths.js'
import type { PageSource } from './page/source.js'
import { checkRegions } from './regions.js'
import { startServices } from './services.js'

export interface LocalCloudOptions {
  /** For example `['us-east-1', 'us-west-2']`. */
  readonly regions: readonly string[]
  /** Default 0: any free port. */
  readonly port?: number
  /** Milliseconds until a write to a global table starts to be applied in other regions. Default 20. */
  readonly replicationDelay?: number
  /** Up to so many milliseconds more, so that writes may overtake each other. Default 0. */
  readonly replicationJitter?: number
  /**
   * Milliseconds that keys stay Creating or Updating, and tables CREATING, UPDATING or DELETING. Default 0: they
   * have settled by the time that the client has the answer.
   */
  readonly settleDelay?: number
  /** For example `{ 'eu-west-1': 80 }`. Not a fault: it stays when faults are healed. Default: none. */
  readonly latency?: Latency
  /**
   * What stores the tables: `dynalite` (the default) is JavaScript and runs everywhere; `dynoxide` is a binary, an
   * optional dependency, and has transactions, PartiQL, TTL and streams besides. Its tables settle at once.
   */
  readonly engine?: EngineName
  /**
   * DynamoDB servers that you run, by region: for example DynamoDB Local. They should be empty at the start. Regions
   * without one have `engine`, in memory.
   */
  readonly engines?: Readonly<Record<string, string>>
  /**
   * Where everything is kept, also when the process is killed: made if need be, and used by one local cloud at a
   * time. Default: in memory. Faults and the call log are not kept.
   */
  readonly directory?: string
  /** Keys that are made at the start, if they are not there. Default: none. */
  readonly keys?: readonly InitialKey[]
  /** Tables that are made at the start, if they are not there. Default: none. */
  readonly tables?: readonly InitialTable[]
}

const OPTIONS = Object.keys({
  regions: true,
  port: true,
  replicationDelay: true,
  replicationJitter: true,
  settleDelay: true,
  latency: true,
  engine: true,
  engines: true,
  directory: true,
  keys: true,
  tables: true,
} satisfies Record<keyof LocalCloudOptions, true>)

/** AWS regions on loopback. */
export interface LocalCloud {
  /** `http://127.0.0.1:PORT`: the endpoint of every service in every region. */
  readonly endpoint: string
  readonly regions: readonly string[]
  /** The `keys` that it was started with, with their ids and ARNs, in that order. */
  readonly keys: readonly KeyReference[]
  /** The calls that arrived, in order of arrival; the latest 100,000. */
  calls(filter?: CallListFilter): Call[]
  /** How many calls arrived, and what became of them, by region, service and operation; none is forgotten. */
  counters(filter?: CallFilter): Counter[]
  /** Forgets the calls, and sets the counters to nothing. */
  clearCalls(): void
  /**
   * Breaks something; the function that is returned heals just that. Throws RangeError for what cannot be,
   * such as an unknown region.
   */
  fault(fault: Fault): () => void
  /** The faults that are set, in the order in which they were. */
  faults(): Fault[]
  /** Heals all faults, cut replication included. */
  heal(): void
  /**
   * Resolves when no write is on its way to another region, other than over a cut. What fails for a while is repeated,
   * and waited for; writes that another region's engine refuses for good (it finds them invalid, its table was deleted
   * behind our back, it has ended) are dropped, and this throws a ReplicationError that lists those since the last time.
   */
  waitForReplication(): Promise<void>
  /** Closes everything, dropping open connections; the process can exit. */
  stop(): Promise<void>
}

/**
 * Starts regions with KMS and DynamoDB on one loopback port. AWS SDK clients need nothing but `endpoint`, their
 * `region`, and any credentials.
 *
 * Throws RangeError for an option that there is not, a region name or an engine that cannot be, InitialResourceError, a RangeError that names the
 * place, for keys and tables that cannot be or are there and different, EngineUnavailableError for an engine that does not
 * run here, and an Error that names the port if it is taken.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  if (!Array.isArray(options?.regions))
    throw new RangeError("The option regions must be a list, for example ['us-east-1', 'us-west-2']")
  refuseUnknown('A local cloud', options, OPTIONS)
  const { port = 0, replicationDelay = 20, replicationJitter = 0, settleDelay = 0, latency = {} } = options
  const regions: readonly string[] = Object.freeze([...options.regions])
  checkRegions(regions)
  checkLatency(latency, regions)
  const resources = { keys: options.keys ?? [], tables: options.tables ?? [] }
  const initial = options.keys || options.tables ? await import('./initial/ensure.js') : undefined
  initial?.checkResources(resources, regions)
  const log = new CallLog()
  const clocks = new RegionClocks()
  const services = await startServices({
    regions,
    clocks,
    replicationLag: { delay: replicationDelay, jitter: replicationJitter },
    settleDelay,
    engine: options.engine ?? 'dynalite',
    urls: options.engines ?? {},
    directory: options.directory,
  })
  const orStop = async (error: unknown): Promise<never> => {
    await services.stop()
    throw error
  }
  const keys = (await initial?.ensureResources(services, resources, regions).catch(orStop)) ?? []
  const { kms, dynamodb } = services
  const faults = new ActiveFaults({
    cut: (a, b) => dynamodb.cut(a, b),
    shiftClock: (region, shift) => clocks.shift(region, shift),
  })

  const front = new Front({
    regions,
    log,
    faults,
    clocks,
    latency,
    dispatch: async (request, call) =>
      request.service === 'kms' ? kms.handle(request, call) : dynamodb.handle(request),
  })
  const addFault = (fault: Fault): number => {
    checkFault(fault, regions)
    return faults.add(fault)
  }
  const numbered = () => faults.list().map(({ id, fault }) => ({ ...fault, id }))
  const controlled: Controlled = {
    describe: () => ({ regions, services: SERVICES, faults: numbered() }),
    calls: filter => log.list(filter),
    counters: filter => log.counters(filter),
    clearCalls: () => log.clear(),
    faults: numbered,
    addFault,
    healFault: id => faults.heal(id),
    healAll: () => faults.healAll(),
    waitForReplication: () => dynamodb.whenReplicated(),
  }

  const shown: PageSource = {
    regions,
    latency: region => latency[region] ?? 0,
    keys: () => kms.overview(),
    inspection: dynamodb.inspection,
    calls: filter => log.list(filter),
    counters: () => log.counters(),
    faults: numbered,
    addFault,
    healFault: id => faults.heal(id),
    healAll: () => faults.healAll(),
  }

  const server = await listen(port, async (request, clientGone) => {
    if (request.method !== 'POST' || request.url !== '/') {
      // What few runs need is loaded when it is needed: that is a third of the time that importing all would take.
      if (isPage(request)) return (await import('./page/routes.js')).handlePage(shown, request)
      if (isControl(request)) return handleControl(controlled, request)
    }
    return front.handle(request, clientGone)
  }).catch(orStop)

  return {
    endpoint: server.endpoint,
    regions,
    keys,
    calls: filter => log.list(filter),
    counters: filter => log.counters(filter),
    clearCalls: () => log.clear(),
    fault(fault) {
      const id = addFault(fault)
      return () => void faults.heal(id)
    },
    faults: () => faults.list().map(({ fault }) => fault),
    heal: () => faults.healAll(),
    waitForReplication: () => dynamodb.whenReplicated(),
    async stop() {
      await server.close()
      await services.stop()
    },
  }
}
