import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
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
  if (statSync(path).isDirectory())
    throw new CliError('config', `${file} is a folder. A configuration is a file: --config FILE.`)
  try {
    const jiti = createJiti(path, { fsCache: false })
    return { path, value: await jiti.import(path, { default: true }) }
  } catch (error) {
    throw new CliError('config', `${path} cannot be loaded: ${messageOf(error)}${placeOf(error)}`, error)
  }
}

/** The first line of a file of the project's own: many an error names none. */
function placeOf(error: unknown): string {
  const frames = error instanceof Error ? (error.stack ?? '').split('\n') : []
  const places = frames.flatMap(frame => {
    const [, file, line] = /^ +at (?:.*\()?(?:file:\/\/)?([^()]+):(\d+):\d+\)?$/.exec(frame) ?? []
    return file === undefined ? [] : [{ file, line }]
  })
  const own = fileURLToPath(import.meta.url)
  const place = places.find(({ file }) => !/node_modules|^node:/.test(file) && file !== own)
  return place === undefined ? '' : ` (${place.file}:${place.line})`
}

function find(cwd: string): string {
  const found = CONFIG_FILES.map(name => resolve(cwd, name)).find(existsSync)
  if (found !== undefined) return found
  throw new CliError(
    'config',
    `There is no configuration in this folder (${CONFIG_FILES[0]}, .mts, .js or .mjs). Write one with: dynaseal init. Or name it: --config FILE.`,
  )
}
