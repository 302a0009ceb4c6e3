/**
 * Stable reasons of a {@link CliError}:
 *
 * - `usage`: an argument or option cannot be used
 * - `config`: there is no configuration, or it does not hold what it should
 * - `unknown-region`, `unknown-table`: the configuration has none of that name
 * - `table-missing`: DynamoDB has no such table in that region
 * - `permission`, `credentials`: AWS refused
 * - `unreachable`: no answer
 * - `unsupported`: it is known, and cannot be done here
 * - `failed`: anything else
 */
export type CliErrorCode =
  | 'usage'
  | 'config'
  | 'unknown-region'
  | 'unknown-table'
  | 'table-missing'
  | 'permission'
  | 'credentials'
  | 'unreachable'
  | 'unsupported'
  | 'failed'

/**
 * What stops a command. The message is for people, and has the way out; it holds no value of an item.
 *
 * @example
 * try { await loadProject({ cwd }) }
 * catch (error) { if (error instanceof CliError && error.code === 'config') createConfig() }
 */
export class CliError extends Error {
  override readonly name = 'CliError'

  constructor(
    readonly code: CliErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

/** What the command ends with, for a CI job. */
export const ExitCode = {
  /** Done, and nothing is left to do. */
  DONE: 0,
  /** It could not be done. */
  FAILED: 1,
  /** It was asked for wrongly: arguments, the configuration, a checkpoint of another job. Nothing was written. */
  USAGE: 2,
  /** Done, and not all is as it should be: values in clear, what does not open, a region that cannot be lost. */
  LEFT: 3,
  /** Ended by Ctrl-C. */
  INTERRUPTED: 130,
} as const

const OF_USAGE: readonly CliErrorCode[] = ['usage', 'config', 'unknown-region', 'unknown-table']

export function exitCodeOf(error: unknown): number {
  return error instanceof CliError && OF_USAGE.includes(error.code) ? ExitCode.USAGE : ExitCode.FAILED
}
