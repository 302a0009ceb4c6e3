import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from './engine.js'
import { LazyEngine } from './lazyEngine.js'
import { DYNALITE } from './operations.js'

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
  /** Where the engine of a region keeps its tables. Default: in memory. */
  readonly folder?: ((region: string) => string) | undefined
}

/** Throws RangeError for options that cannot be. */
export function checkEngines(options: {
  readonly regions: readonly string[]
  readonly engine: EngineName
  readonly urls: Readonly<Record<string, string>>
  readonly directory: string | undefined
}): void {
  const { regions, engine, urls, directory } = options
  if (!ENGINE_NAMES.includes(engine))
    throw new RangeError(
      `There is no engine ${JSON.stringify(engine)}; there are ${ENGINE_NAMES.join(' and ')}`,
    )
  for (const region of Object.keys(urls)) {
    if (!regions.includes(region))
      throw new RangeError(`There is an engine for ${region}, but no such region`)
    if (directory !== undefined)
      throw new RangeError(
        `A directory has the tables of all regions, but the server that you run for ${region} keeps its own. ` +
          'Leave out the one or the other.',
      )
  }
}

/**
 * An engine for each region, all ready.
 *
 * Throws EngineUnavailableError for an engine that cannot run here, RangeError for a URL that cannot be.
 */
export async function startEngines(options: EngineOptions): Promise<Map<string, Engine>> {
  const { regions, urls } = options
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
  { engine, settleDelay, folder }: EngineOptions,
): Promise<Engine> {
  if (url !== undefined) {
    const { HttpEngine } = await import('./httpEngine.js')
    return new HttpEngine(region, url)
  }
  const path = folder?.(region)
  if (path !== undefined) await mkdir(path, { recursive: true })
  if (engine === 'dynoxide') {
    const { DynoxideEngine } = await import('./dynoxideEngine.js')
    return DynoxideEngine.start(region, path && join(path, 'tables.sqlite'))
  }
  const dynalite = async () => {
    const { DynaliteEngine } = await import('./dynaliteEngine.js')
    return path === undefined
      ? new DynaliteEngine(region, settleDelay)
      : DynaliteEngine.onDisk(region, settleDelay, path)
  }
  // On disk something may be left to do.
  return path === undefined ? new LazyEngine(DYNALITE, dynalite) : dynalite()
}
