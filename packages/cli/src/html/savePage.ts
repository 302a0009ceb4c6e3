import { open, writeFile } from 'node:fs/promises'
import { CliError } from '../errors.js'

/** Only its owner may read it: what was left is told by its keys. */
const MODE = 0o600

/**
 * Hours before it is written, and not after them: whether it can be. It is there then, and empty.
 *
 * @throws {CliError} `failed`
 */
export async function checkPage(path: string): Promise<void> {
  await explained(path, async () => (await open(path, 'a', MODE)).close())
}

/** @throws {CliError} `failed` */
export async function savePage(path: string, text: string): Promise<void> {
  await explained(path, () => writeFile(path, text, { mode: MODE }))
}

async function explained(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw new CliError('failed', `The report ${path} cannot be written: ${(error as Error).message}`, error)
  }
}
