import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CliError } from '../errors.js'

/** Where a job keeps how far it has come, as a text. It has key values of the table's items in it. */
export interface Checkpoint {
  /** How errors call it. */
  readonly name: string
  /** Undefined when there is none. */
  load(): Promise<string | undefined>
  /**
   * Replaces it: whoever loads it gets the old text or the new one.
   *
   * @throws {CliError} `failed` when it is not what was loaded or saved last: another process has taken it over
   */
  save(text: string): Promise<void>
  remove(): Promise<void>
}

/** One that nobody finds again. */
export const noCheckpoint: Checkpoint = {
  name: 'no checkpoint',
  load: async () => undefined,
  save: async () => {},
  remove: async () => {},
}

/** Two processes with one checkpoint: whoever began later goes on, and what was done by either is done. */
export function takenOver(name: string): CliError {
  return new CliError(
    'failed',
    `Another process goes on with the checkpoint ${name}, so that this one ends. What it has done stays done. Two at once take two segments, and each its own --checkpoint.`,
  )
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** What processes that were killed were about to keep: it has key values in it. */
async function removeLeftovers(path: string): Promise<void> {
  const [folder, own] = [dirname(path), `${basename(path)}.`]
  for (const name of await readdir(folder)) {
    const pid = name.startsWith(own) ? /^(\d+)\.new$/.exec(name.slice(own.length))?.[1] : undefined
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** A file that only its owner may read. Folders that are missing are made. */
export function fileCheckpoint(path: string): Checkpoint {
  // Of this process alone: another one may be about to find out that it is not the only one.
  const written = `${path}.${process.pid}.new`
  let last: string | undefined
  const failed = (error: unknown) =>
    error instanceof CliError
      ? error
      : new CliError(
          'failed',
          `The checkpoint ${path} cannot be kept: ${(error as Error).message}. Name another place: --checkpoint, or --checkpoint-table.`,
          error,
        )
  const read = async () => {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if (isMissing(error)) return undefined
      throw failed(error)
    }
  }
  return {
    name: path,
    async load() {
      last = await read()
      return last
    },
    async save(text) {
      try {
        await mkdir(dirname(path), { recursive: true })
        const file = await open(written, 'w', 0o600)
        try {
          await file.writeFile(text)
          await file.sync()
        } finally {
          await file.close()
        }
        const found = await read()
        if (found !== undefined && found !== last) throw takenOver(path)
        await rename(written, path)
        last = text
      } catch (error) {
        await rm(written, { force: true }).catch(() => {})
        throw failed(error)
      }
    },
    async remove() {
      await rm(path, { force: true })
      // All is done by then, whether they can be removed or not.
      await removeLeftovers(path).catch(() => {})
      last = undefined
    },
  }
}
