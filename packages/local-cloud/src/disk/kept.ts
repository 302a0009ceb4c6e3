import { Journal } from '../dynamodb/journal.js'
import { KeysOnDisk } from '../kms/keysOnDisk.js'
import { type Directory, openDirectory } from './directory.js'

/** A directory with what the services keep in it beside the engines' tables. */
export interface Kept {
  readonly directory: Directory
  readonly keys: KeysOnDisk
  readonly journal: Journal
}

/** Throws as `openDirectory` does. */
export async function openKept(path: string, regions: readonly string[], engine: string): Promise<Kept> {
  const directory = await openDirectory(path, regions, engine)
  return { directory, keys: new KeysOnDisk(directory.store), journal: new Journal(directory.store) }
}
