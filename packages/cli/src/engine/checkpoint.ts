import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CliError } from '../errors.js'

/** Where a job keeps how far it has come, as a text. It has key values of the table's items in it. */
export interface Checkpoint {
  /** How errors call it. */
  readonly name: string
  /** Undefined when there is none. */
  load(): Promise<string | undefined>
  /** Replaces it: whoever loads it gets the old text or the new one. */
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

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** A file that only its owner may read. Folders that are missing are made. */
export function fileCheckpoint(path: string): Checkpoint {
  const failed = (error: unknown) =>
    new CliError('failed', `The checkpoint ${path} cannot be kept: ${(error as Error).message}`, error)
  return {
    name: path,
    async load() {
      try {
        return await readFile(path, 'utf8')
      } catch (error) {
        if (isMissing(error)) return undefined
        throw failed(error)
      }
    },
    async save(text) {
      try {
        await mkdir(dirname(path), { recursive: true })
        const file = await open(`${path}.new`, 'w', 0o600)
        try {
          await file.writeFile(text)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(`${path}.new`, path)
      } catch (error) {
        throw failed(error)
      }
    },
    remove: () => rm(path, { force: true }),
  }
}
