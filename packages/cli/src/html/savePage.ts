import { writeFile } from 'node:fs/promises'
import { CliError } from '../errors.js'

/**
 * A file that only its owner may read: what was left is told by its keys.
 *
 * @throws {CliError} `failed`
 */
export async function savePage(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600 })
  } catch (error) {
    throw new CliError('failed', `The report ${path} cannot be written: ${(error as Error).message}`, error)
  }
}
