import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createJiti } from 'jiti'
import { CliError } from '../errors.js'
import { messageOf } from '../keys/reasonOf.js'

/** The names that are looked for, in this order. */
export const CONFIG_FILES = [
  'dynaseal.config.ts',
  'dynaseal.config.mts',
  'dynaseal.config.js',
  'dynaseal.config.mjs',
]

/**
 * Loads a configuration, TypeScript or not, without a build step.
 *
 * @param file its path; default: the first of {@link CONFIG_FILES} in `cwd`
 * @returns what it exports as its default, unchecked, and its path
 * @throws {CliError} `config`
 */
export async function loadConfig(
  file: string | undefined,
  cwd: string,
): Promise<{ path: string; value: unknown }> {
  const path = file === undefined ? find(cwd) : resolve(cwd, file)
  if (!existsSync(path)) throw new CliError('config', `There is no configuration ${file}.`)
  try {
    const jiti = createJiti(path, { fsCache: false })
    return { path, value: await jiti.import(path, { default: true }) }
  } catch (error) {
    throw new CliError('config', `${path} cannot be loaded: ${messageOf(error)}`, error)
  }
}

function find(cwd: string): string {
  const found = CONFIG_FILES.map(name => resolve(cwd, name)).find(existsSync)
  if (found !== undefined) return found
  throw new CliError(
    'config',
    `There is no configuration in this folder (${CONFIG_FILES[0]}, .mts, .js or .mjs). Write one with: dynaseal init. Or name it: --config FILE.`,
  )
}
