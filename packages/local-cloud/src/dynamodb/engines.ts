import { DynaliteEngine } from './dynaliteEngine.js'
import { DynoxideEngine } from './dynoxideEngine.js'
import type { Engine } from './engine.js'
import { HttpEngine } from './httpEngine.js'

/** The engines that the local cloud can start itself. */
export const ENGINE_NAMES = ['dynalite', 'dynoxide'] as const

export type EngineName = (typeof ENGINE_NAMES)[number]

export interface EngineOptions {
  readonly regions: readonly string[]
  readonly engine: EngineName
  /** Servers that somebody else runs, by region; they go before `engine`. */
  readonly urls: Readonly<Record<string, string>>
  /** Milliseconds that tables stay CREATING, UPDATING or DELETING; only dynalite's do. */
  readonly settleDelay: number
}

/**
 * An engine for each region, all ready.
 *
 * Throws RangeError for options that cannot be, and EngineUnavailableError for an engine that cannot run here.
 */
export async function startEngines(options: EngineOptions): Promise<Map<string, Engine>> {
  const { regions, engine, urls } = options
  if (!ENGINE_NAMES.includes(engine))
    throw new RangeError(
      `There is no engine ${JSON.stringify(engine)}; there are ${ENGINE_NAMES.join(' and ')}`,
    )
  for (const region of Object.keys(urls)) {
    if (!regions.includes(region))
      throw new RangeError(`There is an engine for ${region}, but no such region`)
  }
  const starting = regions.map(region => startEngine(region, urls[region], options))
  const settled = await Promise.allSettled(starting)
  const started = settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = settled.find(one => one.status === 'rejected')
  if (failed !== undefined) {
    await Promise.all(started.map(one => one.close()))
    throw failed.reason
  }
  return new Map(started.map((one, n): [string, Engine] => [regions[n]!, one]))
}

async function startEngine(
  region: string,
  url: string | undefined,
  { engine, settleDelay }: EngineOptions,
): Promise<Engine> {
  if (url !== undefined) return new HttpEngine(region, url)
  if (engine === 'dynoxide') return DynoxideEngine.start(region)
  return new DynaliteEngine(region, settleDelay)
}
