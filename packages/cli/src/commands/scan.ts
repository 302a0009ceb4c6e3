import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { Target } from '../config/project.js'
import { readUnits, type TableSize, tableSize } from '../engine/estimate.js'
import { PRICES, price } from '../engine/prices.js'
import { CliError, ExitCode } from '../errors.js'
import { checkPage, savePage } from '../html/savePage.js'
import { scanPage } from '../html/scanPage.js'
import { Timeline } from '../html/timeline.js'
import { counted, dollars } from '../output/numbers.js'
import { wrapped } from '../output/table.js'
import type { ScanReport } from '../scan/counts.js'
import { leftIn, renderScan } from '../scan/render.js'
import { scan } from '../scan/scan.js'
import { scanExport } from '../scan/scanExport.js'
import { atLeast, MAX_SEGMENTS } from './numbers.js'
import { checkSegment, command, json, projectOf, type SharedOptions, type Surroundings } from './shared.js'

interface Options extends SharedOptions {
  readonly segments: number
  readonly segment?: number
  readonly maxRcu?: number
  readonly consistent?: boolean
  readonly open: boolean
  readonly export?: readonly string[]
  readonly oldImages?: boolean
  readonly html?: string
}

const NOTES = `
Nothing is written. A scan reads the whole table: what that costs is said before
it begins.

Ends with 0 when all is sealed and opens; with 3 when something is in clear or
does not open; with 130 when it was ended, with 1 if it failed, with 2 if it was
asked for wrongly.
`

export function scanCommand(surroundings: Surroundings): Command {
  const { terminal } = surroundings
  return command('scan', 'counts what is in clear, sealed, and does not open')
    .description(
      'Reads a table, and counts for each entity and attribute what is in clear, sealed in which format, and does not open and why; and for each KMS key the fields under it.',
    )
    .argument('<table>', 'its name')
    .option('--segments <n>', 'read so many segments in parallel', atLeast(1, MAX_SEGMENTS), 4)
    .option('--segment <i>', 'read only this one of them, counted from 0', atLeast(0))
    .option('--max-rcu <n>', 'use at most so many read units a second', atLeast(1))
    .option('--consistent', 'read consistently, at twice the price')
    .addOption(
      // Files are read as a whole, and take no read units.
      new Option('--export <file...>', 'read files of an export to S3 in its place, - for a pipe').conflicts([
        'segments',
        'segment',
        'maxRcu',
        'consistent',
      ]),
    )
    .option('--old-images', 'of an incremental export, the items as they were')
    .option('--no-open', 'call no KMS: find only what can be found without data keys')
    .option('--html <file>', 'write the report as a page, with plots')
    .addHelpText('after', NOTES)
    .action(async (name: string, options: Options) => {
      checkSegment(options)
      if (options.oldImages === true && options.export === undefined)
        throw new CliError('usage', '--old-images are those of an incremental export: it takes --export.')
      const target = (await projectOf(options, surroundings)).target(name, options.region)
      const page = options.html === undefined ? undefined : resolve(surroundings.cwd, options.html)
      if (page !== undefined) await checkPage(page)
      const timeline = new Timeline()
      const report = await (options.export === undefined
        ? scanTable(target, options, surroundings, timeline)
        : scanFiles(target, options.export, options, surroundings, timeline))
      terminal.out(options.json ? json(report) : renderScan(report, terminal.width))
      if (page !== undefined) await savePage(page, scanPage(report, timeline.points))
      if (!report.complete) surroundings.exit(ExitCode.INTERRUPTED)
      else if (leftIn(report) > 0) surroundings.exit(ExitCode.LEFT)
    })
}

async function scanTable(
  target: Target,
  options: Options,
  { terminal, signal }: Surroundings,
  timeline: Timeline,
): Promise<ScanReport> {
  const { segments, segment, maxRcu, consistent = false, open } = options
  const size = await tableSize(target, signal)
  if (!options.json) terminal.note(`${wrapped(scanCost(size, options), terminal.width).join('\n')}\n\n`)
  const share = segment === undefined ? 1 : 1 / segments
  const progress = terminal.progress(size === undefined || size.items === 0 ? undefined : size.items * share)
  const onProgress = (items: number) => {
    progress.at(items)
    timeline.at(items)
  }
  return scan(target, {
    segments,
    segment,
    consistent,
    open,
    maxReadUnits: maxRcu,
    signal,
    onProgress,
  }).finally(() => progress.end())
}

async function scanFiles(
  target: Target,
  names: readonly string[],
  { open, oldImages = false }: Options,
  { terminal, signal, cwd }: Surroundings,
  timeline: Timeline,
): Promise<ScanReport> {
  const progress = terminal.progress(undefined)
  const files = names.map(name => ({
    name,
    bytes: name === '-' ? process.stdin : lazily(() => createReadStream(resolve(cwd, name))),
  }))
  const onProgress = (items: number) => {
    progress.at(items)
    timeline.at(items)
  }
  return scanExport(target, files, { open, images: oldImages ? 'old' : 'new', signal, onProgress }).finally(
    () => progress.end(),
  )
}

/** A file is opened when it is its turn. */
async function* lazily(make: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* make()
}

/** What is said before a scan begins. */
export function scanCost(
  size: TableSize | undefined,
  { consistent = false, segment, segments }: Pick<Options, 'consistent' | 'segment' | 'segments'>,
): string {
  if (size === undefined) return 'What it will cost is not known: dynamodb:DescribeTable is not allowed.'
  if (size.items === 0)
    return 'What it will cost is not known: DynamoDB, which counts every six hours, has counted no items in the table.'
  const units = Math.max(1, readUnits(segment === undefined ? size.bytes : size.bytes / segments, consistent))
  const dollar = price({ readUnits: units, writeUnits: 0, kmsCalls: 0 })
  const what = segment === undefined ? 'all of them' : `segment ${segment} of ${segments}`
  return `About ${counted(size.items, 'item')} in the table, as DynamoDB counts them every six hours. Reading ${what} takes about ${counted(Math.ceil(units), 'read unit')}: ${dollars(dollar)} on demand in ${PRICES.region}.`
}
