import { stringify } from 'yaml'
import { CliError } from '../errors.js'
import { batchPlan } from './batch.js'
import { kubernetesPlan } from './kubernetes.js'
import { stepFunctionsPlan } from './stepFunctions.js'

/** What runs the segments of a job: we have no scheduler of our own. */
export const SCHEDULERS = ['step-functions', 'batch', 'kubernetes'] as const
export type Scheduler = (typeof SCHEDULERS)[number]

/** One process for each segment. */
export interface Segments {
  /** What is done: `backfill` */
  readonly task: string
  readonly table: string
  readonly segments: number
  /** Arguments of `dynaseal`, without what says which segment it is. */
  readonly args: readonly string[]
}

const LIMITS: Readonly<Record<Scheduler, { least: number; most: number; of: string }>> = {
  'step-functions': { least: 1, most: 1000, of: 'States.ArrayRange' },
  batch: { least: 2, most: 10_000, of: 'an array job of AWS Batch' },
  kubernetes: { least: 1, most: 100_000, of: 'an indexed Job' },
}

/**
 * The definition with which a scheduler runs one process for each segment. Names in capitals are to be filled in: nothing here
 * knows the image, the roles and the network.
 *
 * @throws {CliError} `usage` for so many segments as the scheduler does not run
 */
export function planOf(scheduler: Scheduler, segments: Segments): string {
  const { least, most, of } = LIMITS[scheduler]
  if (segments.segments < least || segments.segments > most)
    throw new CliError(
      'usage',
      `--segments must be ${least} to ${most.toLocaleString('en-US')} for ${of}, and is ${segments.segments}.`,
    )
  if (scheduler === 'kubernetes') return stringify(kubernetesPlan(segments), { lineWidth: 0 })
  const plan = scheduler === 'batch' ? batchPlan(segments) : stepFunctionsPlan(segments)
  return `${JSON.stringify(plan, null, 2)}\n`
}
