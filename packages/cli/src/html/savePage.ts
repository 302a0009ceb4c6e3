import { open, rm, writeFile } from 'node:fs/promises'
import { CliError } from '../errors.js'

/** Only its owner may read it: what was left is told by its keys. */
const MODE = 0o600

/**
 * Hours before it is written, and not after them: whether it can be. What is there stays as it is; where nothing is, nothing
 * stays, so that a command that fails leaves no empty page.
 *
 * @throws {CliError} `failed`
 */
export async function checkPage(path: string): Promise<void> {
  await explained(path, async () => {
    const made = await open(path, 'ax', MODE).catch(error => {
      if (error.code !== 'EEXIST') throw error
    })
    const file = made ?? (await open(path, 'a'))
    await file.close()
    if (made !== undefined) await rm(path)
  })
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
