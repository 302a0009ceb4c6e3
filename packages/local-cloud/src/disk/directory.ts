import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Store } from './store.js'

/** Counts up when a version of the local cloud could misread what an older one has written. */
const FORMAT = 1

/** What a directory was made for; the key is read by every format. */
const MADE_FOR = 'made-for'

interface MadeFor {
  readonly format: number
  readonly regions: readonly string[]
  readonly engine: string
}

/** The directory in which a local cloud keeps everything. */
export interface Directory {
  readonly store: Store
  /** Where the engine of a region keeps its tables. */
  engineFolder(region: string): string
  /** From now on it is of its regions and its engine. To be called before anything is kept, and when all has started. */
  claim(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a directory, or makes it. Throws an Error that says what to do if it is in use, is not a local cloud's, or
 * was made for other regions, another engine or by another version.
 */
export async function openDirectory(
  path: string,
  regions: readonly string[],
  engine: string,
): Promise<Directory> {
  await requireOwn(path)
  const store = await openStore(path)
  try {
    const madeFor = (await store.get(MADE_FOR)) as MadeFor | undefined
    if (madeFor !== undefined) requireSame(path, madeFor, regions, engine)
  } catch (error) {
    await store.close()
    throw error
  }
  return {
    store,
    engineFolder: region => join(path, engine, region),
    claim: () => store.write([{ type: 'put', key: MADE_FOR, value: { format: FORMAT, regions, engine } }]),
    close: () => store.close(),
  }
}

const storeFolder = (path: string) => join(path, 'state')

/** Files that are somebody else's are not to be mixed with ours, and hardly meant. */
async function requireOwn(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
    const names = await readdir(path)
    if (names.length === 0 || names.includes('state')) return
  } catch (error) {
    const reason = (error as Error).message
    throw new Error(`${path} cannot be used as a directory: ${reason}. Choose another one.`, { cause: error })
  }
  throw new Error(`${path} has files that are not a local cloud's. Choose an empty or a new directory.`)
}

async function openStore(path: string): Promise<Store> {
  // Native code that is not loaded without need.
  const { ClassicLevel } = await import('classic-level')
  const level = new ClassicLevel<string, unknown>(storeFolder(path), { valueEncoding: 'json' })
  try {
    await level.open()
  } catch (error) {
    const { code, message } = ((error as Error).cause ?? error) as { code?: string; message: string }
    if (code === 'LEVEL_LOCKED')
      throw new Error(`${path} is in use by another local cloud. Stop it, or choose another directory.`, {
        cause: error,
      })
    throw new Error(`${path} cannot be opened: ${message}`, { cause: error })
  }
  return new Store(level)
}

function requireSame(path: string, made: MadeFor, regions: readonly string[], engine: string): void {
  if (made.format !== FORMAT)
    throw new Error(
      `${path} has format ${made.format}, and this version of the local cloud reads format ${FORMAT}. ` +
        'Use the version that made it, or choose another directory.',
    )
  const names = (list: readonly string[]) => [...list].sort().join(',')
  if (names(made.regions) !== names(regions))
    throw new Error(
      `${path} was made for the regions ${made.regions.join(',')}, not ${regions.join(',')}. ` +
        'Start it with those, or choose another directory.',
    )
  if (made.engine !== engine)
    throw new Error(
      `${path} was made with the engine ${made.engine}, not ${engine}. Start it with that, or choose another directory.`,
    )
}
