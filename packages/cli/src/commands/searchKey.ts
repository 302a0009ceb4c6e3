import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Argument, type Command } from 'commander'
import type { Project } from '../config/project.js'
import { CliError, ExitCode } from '../errors.js'
import { type NewSearchKey, newSearchKey, nextSearchKey, searchPartsOf } from '../keys/newSearchKey.js'
import { renderRotation, renderSearchKey, renderSearchKeys } from '../keys/renderSearchKeys.js'
import { type CheckedSearchKey, checkSearchKeys } from '../keys/searchKeys.js'
import { wrapped } from '../output/table.js'
import { atLeast } from './numbers.js'
import { pair } from './pairs.js'
import { command, json, projectOf, type SharedOptions, type Surroundings } from './shared.js'

interface Options extends SharedOptions {
  readonly keyVersion?: number
  readonly context?: Readonly<Record<string, string>>
  readonly out?: string
}

const NOTES = `
create  makes a search key with the keyring of the configuration's client, and
        prints it in base64, for the application's configuration: about 310
        bytes, which are not secret. Whoever loses them has to make all tokens
        anew.
list    the search keys that the client has: versions, ids, under which KMS key
        and in which region each was wrapped, and whether each replica of that
        key alone unwraps it.
rotate  makes the next version, and says what to do with it.

  dynaseal search-key create > search-key-1.txt
  dynaseal search-key rotate --out search-key-2.txt

Ends with 0; with 3 if a replica does not unwrap a search key; with 1 if it
failed; with 2 if it was asked for wrongly.
`

export function searchKeyCommand(surroundings: Surroundings): Command {
  return command('search-key', 'makes, lists and rotates search keys')
    .description('Makes a search key, lists those of the configuration, or makes the next one.')
    .addArgument(new Argument('<action>', 'what to do').choices(['create', 'list', 'rotate']))
    .option('--key-version <n>', 'create: its version, 1 to 255 (default: 1)', atLeast(1, 255))
    .option('--context <name=value...>', 'create: pairs of its encryption context, as a tenant', pair)
    .option('-o, --out <file>', 'create, rotate: write it to a new file')
    .addHelpText('after', NOTES)
    .action(async (action: keyof typeof ACTIONS, options: Options) => {
      const given = (['keyVersion', 'context', 'out'] as const).filter(name => options[name] !== undefined)
      const misplaced = given.filter(name => !ACTIONS[action].includes(name))
      if (misplaced.length > 0)
        throw new CliError('usage', `search-key ${action} takes none of --key-version, --context, --out.`)
      const project = await projectOf(options, surroundings)
      const found =
        action === 'list'
          ? await list(project, options, surroundings)
          : await make(action, project, options, surroundings)
      if (found.some(({ replicas }) => replicas.some(({ opens }) => !opens))) surroundings.exit(ExitCode.LEFT)
    })
}

/** The options that each takes. */
const ACTIONS: Readonly<Record<'create' | 'list' | 'rotate', readonly (keyof Options)[]>> = {
  create: ['keyVersion', 'context', 'out'],
  list: [],
  rotate: ['out'],
}

async function list(
  project: Project,
  options: Options,
  { terminal, signal }: Surroundings,
): Promise<CheckedSearchKey[]> {
  const keys = await checkSearchKeys(searchPartsOf(project, options.region), { signal })
  terminal.out(options.json ? json({ searchKeys: keys }) : renderSearchKeys(keys, terminal.width))
  return keys
}

async function make(
  action: 'create' | 'rotate',
  project: Project,
  options: Options,
  { terminal, signal, cwd }: Surroundings,
): Promise<NewSearchKey[]> {
  const { region, keyVersion: version, context: encryptionContext, out } = options
  const old = action === 'create' ? [] : searchPartsOf(project, region).searchKeys.map(one => one.version)
  const key =
    action === 'create'
      ? await newSearchKey(project, { region, version, encryptionContext, signal })
      : await nextSearchKey(project, { region, signal })
  if (out !== undefined) await writeNew(resolve(cwd, out), out, key.searchKey)
  if (options.json) {
    terminal.out(json(key))
    return [key]
  }
  terminal.note(`${renderSearchKey(key, terminal.width)}\n`)
  if (old.length > 0) terminal.note(renderRotation(key, old, terminal.width))
  if (out === undefined) terminal.out(`${key.searchKey}\n`)
  else terminal.note(`${wrapped(`It is in ${out}.`, terminal.width).join('\n')}\n`)
  return [key]
}

/** A search key that somebody's tokens are made with is never written over. */
async function writeNew(path: string, name: string, text: string): Promise<void> {
  try {
    await writeFile(path, `${text}\n`, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new CliError('usage', `${name} is there already, and stays as it is.`)
    // A disk that is full leaves half of it, which would be there already the next time.
    await rm(path, { force: true }).catch(() => {})
    throw new CliError('failed', `${name} cannot be written: ${(error as Error).message}`, error)
  }
}
