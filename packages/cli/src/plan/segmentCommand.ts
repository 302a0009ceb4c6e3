import { ExitCode } from '../errors.js'
import type { Segments } from './plan.js'

/** What each process runs, which takes the number of its segment from an environment variable. */
export function segmentCommand({ args, segments }: Segments, variable: string): string[] {
  return [
    'npx',
    'dynaseal',
    ...args,
    '--segments',
    String(segments),
    '--segment-variable',
    variable,
    '--json',
  ]
}

/** `dynaseal-backfill-users`: letters, digits and dashes, as all schedulers take it. */
export function nameOf({ task, table }: Segments): string {
  const name = `dynaseal-${task}-${table}`.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-')
  return name.slice(0, 52).replace(/-+$/, '')
}

/** Codes after which another attempt would end in the same way. */
export const FINAL_CODES = [ExitCode.USAGE, ExitCode.LEFT] as const
/** Each goes on where the one before ended, if its checkpoint is where it finds it; and repeats no write in any case. */
export const ATTEMPTS = 3
