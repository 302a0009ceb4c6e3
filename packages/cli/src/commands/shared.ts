import { Command, Option } from 'commander'
import type { Project } from '../config/project.js'
import { loadProject } from '../config/project.js'
import { CliError } from '../errors.js'
import type { Terminal } from '../terminal.js'

/** What every command is given. */
export interface Surroundings {
  readonly terminal: Terminal
  readonly cwd: string
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal
  /** What the process ends with, where it is not 0. */
  exit(code: number): void
}

export interface SharedOptions {
  readonly config?: string
  readonly region?: string
  readonly json?: boolean
}

/**
 * A command with the options that all have.
 *
 * @param region what its --region does; empty where it takes none, which the command refuses itself
 */
export function command(
  name: string,
  summary: string,
  region = "the configuration's client to use (default: its first one)",
): Command {
  return new Command(name)
    .summary(summary)
    .addOption(
      new Option('-c, --config <file>', 'the configuration (default: dynaseal.config.ts, .js or .mjs)'),
    )
    .addOption(new Option('-r, --region <region>', region).hideHelp(region === ''))
    .addOption(new Option('--json', 'print one JSON document and no text'))
}

/** Each has a page of items in memory, and a call under way. */
const MAX_PARALLEL = 1000

/** @throws {CliError} `usage` */
export function checkSegment({
  segment,
  segments,
  plan,
}: {
  readonly segment?: number
  readonly segments: number
  readonly plan?: unknown
}): void {
  if (segment !== undefined && segment >= segments)
    throw new CliError(
      'usage',
      `--segment counts from 0: with --segments ${segments}, the last one is ${segments - 1}.`,
    )
  if (segment === undefined && plan === undefined && segments > MAX_PARALLEL)
    throw new CliError(
      'usage',
      `One process works on at most ${MAX_PARALLEL.toLocaleString('en-US')} segments in parallel: say which one of the ${segments.toLocaleString('en-US')} by --segment.`,
    )
}

export function projectOf(options: SharedOptions, { cwd }: Surroundings): Promise<Project> {
  return loadProject({ file: options.config, cwd })
}

/** A line feed at the end, so that it can be piped on. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
