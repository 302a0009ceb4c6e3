import { type Line, linesOf } from '@dynaseal/document-client/mapper'
import type { Target } from '../config/project.js'
import { CliError } from '../errors.js'
import { itemFromJson } from '../inspect/parseInput.js'
import { keyOf } from '../stored/tableItem.js'
import { sealsItems } from '../stored/wholeItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { Counts, type ScanReport } from './counts.js'
import { countItems, type ScanOptions } from './scan.js'

/** A file of a full export to S3 in DynamoDB JSON, in gzip or not. */
export interface ExportFile {
  /** How errors call it. */
  readonly name: string
  readonly bytes: AsyncIterable<Uint8Array>
}

/** What is opened together. */
const ITEMS_AT_A_TIME = 100

/**
 * As `scan`, for the files of a full export of the table: the table is not touched.
 *
 * @throws {CliError} `failed` for a file that is none, with the line
 */
export async function scanExport(
  target: Target,
  files: Iterable<ExportFile>,
  {
    open = true,
    signal = new AbortController().signal,
    onProgress,
  }: Pick<ScanOptions, 'open' | 'signal' | 'onProgress'> = {},
): Promise<ScanReport> {
  sealsItems(target)
  const counts = new Counts()
  const start = performance.now()
  const flush = async (items: readonly WireItem[]) => {
    counts.page(items.length, 0)
    await countItems(target, items, counts, open, { signal })
    onProgress?.(counts.items)
  }
  try {
    for (const file of files) {
      let items: WireItem[] = []
      for await (const item of itemsOf(target, file)) {
        signal.throwIfAborted()
        if (items.push(item) < ITEMS_AT_A_TIME) continue
        await flush(items)
        items = []
      }
      await flush(items)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  const seconds = (performance.now() - start) / 1000
  return {
    table: target.tableName,
    region: target.region,
    ...counts.report(),
    seconds,
    complete: !signal.aborted,
  }
}

async function* itemsOf(target: Target, { name, bytes }: ExportFile): AsyncGenerator<WireItem> {
  try {
    for await (const line of linesOf(bytes)) yield itemOf(target, line)
  } catch (error) {
    if (error instanceof CliError) throw new CliError('failed', `${name}: ${error.message}`, error)
    // A file that is missing or cut off, or a line that is none.
    throw new CliError('failed', `${name} cannot be read: ${(error as Error).message}`, error)
  }
}

function itemOf({ known, tableName }: Target, { number, text }: Line): WireItem {
  const { Item } = parse(text) as { Item?: unknown }
  if (Item === undefined)
    throw new CliError('failed', `line ${number} is none of a full export in DynamoDB JSON.`)
  const item = itemFromJson(Item, `line ${number}`)
  if (keyOf(known, item) === undefined)
    throw new CliError(
      'failed',
      `line ${number} is no item of table ${tableName}, whose key is ${known.keyNames.join(', ')}.`,
    )
  return item
}

function parse(text: string): object {
  try {
    return Object(JSON.parse(text))
  } catch {
    // The parser's own error quotes the text.
    return {}
  }
}
