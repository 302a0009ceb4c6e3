import { readFile } from 'node:fs/promises'
import type { InitialKey, InitialTable } from './initial/resources.js'
import { checkRegions } from './regions.js'

/** What a file of `--config` may say: those of `startLocalCloud`'s options. */
export interface Config {
  readonly regions?: readonly string[]
  readonly keys?: readonly InitialKey[]
  readonly tables?: readonly InitialTable[]
}

const MEMBERS: readonly string[] = ['regions', 'keys', 'tables'] satisfies (keyof Config)[]

/** A file that cannot be read or does not say what it should; the message starts with its path. */
export class ConfigError extends Error {}

/** Keys and tables are for `startLocalCloud` to check. Throws ConfigError. */
export async function readConfig(path: string): Promise<Config> {
  const config = parse(path, await readText(path))
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new ConfigError(`${path}: must be an object with ${MEMBERS.join(', ')}`)
  const unknown = Object.keys(config).find(name => !MEMBERS.includes(name))
  if (unknown !== undefined)
    throw new ConfigError(`${path}: ${unknown}: there is no such member; there are ${MEMBERS.join(', ')}`)
  const nothing = MEMBERS.find(name => (config as Record<string, unknown>)[name] === null)
  if (nothing !== undefined) throw new ConfigError(`${path}: ${nothing}: must be a list, not null`)
  if ('regions' in config) requireRegions(path, config.regions)
  return config
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigError(`${path}: cannot be read: ${(error as Error).message}`)
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ConfigError(`${path}: is not JSON: ${(error as Error).message}`)
  }
}

function requireRegions(path: string, regions: unknown): void {
  if (!Array.isArray(regions) || !regions.every(region => typeof region === 'string'))
    throw new ConfigError(`${path}: regions: must be a list of strings, not ${JSON.stringify(regions)}`)
  try {
    checkRegions(regions)
  } catch (error) {
    throw new ConfigError(`${path}: regions: ${(error as Error).message}`)
  }
}
