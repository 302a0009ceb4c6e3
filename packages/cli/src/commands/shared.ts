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

/** A command with the options that all have. */
export function command(name: string, summary: string): Command {
  return new Command(name)
    .summary(summary)
    .addOption(
      new Option('-c, --config <file>', 'the configuration (default: dynaseal.config.ts, .js or .mjs)'),
    )
    .addOption(
      new Option('-r, --region <region>', "the configuration's client to use (default: its first one)"),
    )
    .addOption(new Option('--json', 'print one JSON document and no text'))
}

/** @throws {CliError} `usage` */
export function checkSegment({
  segment,
  segments,
}: {
  readonly segment?: number
  readonly segments: number
}): void {
  if (segment !== undefined && segment >= segments)
    throw new CliError(
      'usage',
      `--segment counts from 0: with --segments ${segments}, the last one is ${segments - 1}.`,
    )
}

export function projectOf(options: SharedOptions, { cwd }: Surroundings): Promise<Project> {
  return loadProject({ file: options.config, cwd })
}

/** A line feed at the end, so that it can be piped on. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
