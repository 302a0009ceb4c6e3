import { CliError } from '../errors.js'
import { messageOf, sentence } from '../keys/reasonOf.js'

/** What the application's function gives for an encryption context. @throws {CliError} `usage` where it takes other pairs */
export async function ofContext<T>(
  ask: () => Promise<T>,
  context: Readonly<Record<string, string>>,
): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw new CliError(
      'usage',
      `The keyring of the configuration depends on the encryption context, and there is none for ${Object.keys(context).join(', ')} alone: ${sentence(messageOf(error))} Name the other pairs: --context tenant=acme, once for each tenant.`,
      error,
    )
  }
}
