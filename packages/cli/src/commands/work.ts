import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { Target } from '../config/project.js'
import { type Checkpoint, fileCheckpoint } from '../engine/checkpoint.js'
import { tableSize } from '../engine/estimate.js'
import { itemCheckpoint } from '../engine/itemCheckpoint.js'
import { runJob } from '../engine/job.js'
import { renderEstimate, renderJob } from '../engine/renderJob.js'
import type { Task } from '../engine/task.js'
import { CliError, ExitCode } from '../errors.js'
import { jobPage } from '../html/jobPage.js'
import { checkPage, savePage } from '../html/savePage.js'
import { Timeline } from '../html/timeline.js'
import { kmsCallsPerItem } from '../keys/kmsCallsPerItem.js'
import { planOf, SCHEDULERS, type Scheduler } from '../plan/plan.js'
import { atLeast, MAX_SEGMENTS } from './numbers.js'
import { checkSegment, command, json, projectOf, type SharedOptions, type Surroundings } from './shared.js'

export interface WorkOptions extends SharedOptions {
  readonly apply?: boolean
  readonly segments: number
  readonly segment?: number
  readonly segmentVariable?: string
  readonly plan?: Scheduler
  readonly html?: string
  readonly maxRcu?: number
  readonly maxWcu?: number
  readonly concurrency: number
  readonly checkpoint?: string
  readonly checkpointTable?: string
}

const NOTES = `
Without --apply it is a dry run: everything is read and planned, nothing is
written, and the report says what would be done.

With --apply it may be ended at any time, by Ctrl-C or by a crash: the same
command goes on where it ended. How far it is stands in a file of the folder
.dynaseal, or where --checkpoint or --checkpoint-table say, with keys of items;
it is removed at the end. What somebody else writes meanwhile stays, and is read
again.

For several machines: --segments 100 --segment 7, each with another segment.
--plan prints a definition that runs them; what --max-rcu and --max-wcu give is
then for each segment.

Ends with 0 when nothing is left to do; with 3 when something is: in a dry run
what would be written, otherwise what was left as it is; with 130 when it was
ended, with 1 if it failed, with 2 if it was asked for wrongly.
`

/** A command that works on all items of a table. */
export function workCommand(name: string, summary: string, description: string): Command {
  return command(name, summary)
    .description(description)
    .argument('<table>', 'its name')
    .option('--apply', 'write; without it, only say what would be written')
    .option('--segments <n>', 'work on so many segments in parallel', atLeast(1, MAX_SEGMENTS), 4)
    .option('--segment <i>', 'work on only this one of them, counted from 0', atLeast(0))
    .option('--segment-variable <name>', 'the same, from this environment variable')
    .addOption(
      new Option(
        '--plan <scheduler>',
        'print what runs all segments on so many machines, and do nothing',
      ).choices(SCHEDULERS),
    )
    .option('--max-rcu <n>', 'use at most so many read units a second', atLeast(1))
    .option('--max-wcu <n>', 'use at most so many write units a second', atLeast(1))
    .option('--concurrency <n>', 'have so many writes under way at once', atLeast(1), 32)
    .option('--checkpoint <file>', 'keep there how far it is')
    .option('--checkpoint-table <table>', 'keep it in an item of a table with a string as its key')
    .option('--html <file>', 'write the report as a page, with plots')
    .addHelpText('after', NOTES)
}

/** What a command does to a table. */
interface Work {
  /** Whether it opens what is sealed. */
  readonly opens: boolean
  /** Whether it moves the items of a table whose key is a search token. Default false. */
  readonly moves?: boolean
  /** @throws {CliError} where it was asked for wrongly, also for a plan */
  check?(target: Target): void
  /** Before anything is sent to DynamoDB. */
  task(target: Target): Task | Promise<Task>
  /** Asks, once it has been said what it takes; throws where the answer is no, and is false where there is none. */
  confirm?(target: Target): Promise<boolean>
}

export async function work(
  name: string,
  given: WorkOptions,
  surroundings: Surroundings,
  command: Command,
  { opens, moves = false, check, task: makeTask, confirm }: Work,
): Promise<void> {
  const { terminal, signal } = surroundings
  const options = { ...given, ...segmentOf(given) }
  const { segments, segment, maxRcu, maxWcu, concurrency, apply = false } = options
  checkSegment(options)
  if (options.checkpoint !== undefined && options.checkpointTable !== undefined)
    throw new CliError('usage', '--checkpoint and --checkpoint-table are two places for one thing.')
  if (options.plan !== undefined && options.checkpoint !== undefined)
    throw new CliError(
      'usage',
      '--checkpoint is a file of one process, and a plan starts one for each segment: it takes --checkpoint-table.',
    )
  const target = (await projectOf(options, surroundings)).target(name, options.region)
  check?.(target)
  if (options.plan !== undefined) {
    await refuse(() => makeTask(target))
    const { tableName } = target
    const args = [command.name(), name, ...repeated(command)]
    terminal.out(planOf(options.plan, { task: command.name(), table: tableName, segments, args }))
    return
  }
  const task = await makeTask(target)
  const page = options.html === undefined ? undefined : resolve(surroundings.cwd, options.html)
  if (page !== undefined) await checkPage(page)
  const size = await tableSize(target, signal)
  const share = segment === undefined ? 1 : 1 / segments
  const limits = { maxReadUnits: maxRcu, maxWriteUnits: maxWcu }
  const kmsCallsEach = kmsCallsPerItem(target, opens)
  const effort = { opens, moves: moves && target.known.keyTokens.size > 0, kmsCallsEach }
  if (!options.json)
    terminal.note(renderEstimate(size, { share, apply, ...effort, ...limits }, terminal.width))
  if ((await confirm?.(target)) === false) {
    terminal.note('Nothing was written.\n')
    surroundings.exit(ExitCode.INTERRUPTED)
    return
  }
  const checkpoint = await checkpointOf(target, task, options, surroundings)
  const progress = terminal.progress(size === undefined || size.items === 0 ? undefined : size.items * share)
  const timeline = new Timeline()
  const report = await runJob(target, task, {
    apply,
    segments,
    segment,
    concurrency,
    ...limits,
    checkpoint,
    signal,
    onProgress: items => {
      progress.at(items)
      timeline.at(items)
    },
  }).finally(() => progress.end())
  terminal.out(options.json ? json(report) : renderJob(report, terminal.width))
  if (page !== undefined) await savePage(page, jobPage(report, timeline.points))
  const isLeft = Object.keys(report.left).length > 0 || (!apply && report.changed > 0)
  if (!report.complete) surroundings.exit(ExitCode.INTERRUPTED)
  else if (isLeft) surroundings.exit(ExitCode.LEFT)
}

/** What each process of a plan would refuse. Whoever prints one may have no access to KMS, which is no reason. */
async function refuse(makeTask: () => Task | Promise<Task>): Promise<void> {
  try {
    await makeTask()
  } catch (error) {
    if (error instanceof CliError) throw error
  }
}

/** @throws {CliError} `usage` */
function segmentOf({ segment, segmentVariable, plan }: WorkOptions): { readonly segment?: number } {
  if (segmentVariable === undefined || plan !== undefined) return {}
  if (segment !== undefined)
    throw new CliError('usage', '--segment and --segment-variable are two ways to say one thing.')
  const text = process.env[segmentVariable]
  if (text === undefined || !/^\d+$/.test(text))
    throw new CliError(
      'usage',
      `The environment variable ${segmentVariable} has no number of a segment: ${text === undefined ? 'it is not set' : 'it has another text'}.`,
    )
  return { segment: Number(text) }
}

/** What a plan says by itself, or says of this run alone. */
const OF_THE_PLAN = ['plan', 'segments', 'segment', 'segmentVariable', 'json', 'html']

/** The options as they were given, for another process. */
function repeated(command: Command): string[] {
  return command.options.flatMap(option => {
    const name = option.attributeName()
    if (OF_THE_PLAN.includes(name) || command.getOptionValueSource(name) !== 'cli') return []
    const value: unknown = command.getOptionValue(name)
    const values = typeof value === 'boolean' ? [] : [value].flat().map(String)
    return [option.long!, ...values]
  })
}

async function checkpointOf(
  target: Target,
  { name }: Task,
  { checkpoint, checkpointTable, segment, segments }: WorkOptions,
  { cwd }: Surroundings,
): Promise<Checkpoint> {
  const part = segment === undefined ? '' : `-${segment}-of-${segments}`
  const id = `${name}-${target.tableName}-${target.region}${part}`
  if (checkpointTable !== undefined) return itemCheckpoint(target, checkpointTable, id)
  return fileCheckpoint(resolve(cwd, checkpoint ?? `.dynaseal/${id}.json`))
}
