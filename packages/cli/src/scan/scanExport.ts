import { type Line, linesOf } from '@dynaseal/document-client/mapper'
import type { Target } from '../config/project.js'
import { CliError } from '../errors.js'
import { itemFromJson } from '../inspect/parseInput.js'
import { keyOf } from '../stored/tableItem.js'
import { sealsItems } from '../stored/wholeItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { Counts, type ScanReport } from './counts.js'
import { countItems, ITEMS_AT_A_TIME, type ScanOptions } from './scan.js'

/** A file of an export to S3 in DynamoDB JSON, full or incremental, in gzip or not. */
export interface ExportFile {
  /** How errors call it. */
  readonly name: string
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface ScanExportOptions extends Pick<ScanOptions, 'open' | 'signal' | 'onProgress'> {
  /**
   * Which images of the changes in an incremental export: the items as they are since, or as they were before. Default: new.
   * What was put for the first time has no old one, what was deleted no new one, and an export may have been asked for without old ones.
   */
  readonly images?: 'new' | 'old'
}

/**
 * As `scan`, for the files of an export of the table: the table is not touched. Of an incremental one, images are counted.
 *
 * @throws {CliError} `failed` for a file that is none, with the line
 */
export async function scanExport(
  target: Target,
  files: Iterable<ExportFile>,
  { open = true, images = 'new', signal = new AbortController().signal, onProgress }: ScanExportOptions = {},
): Promise<ScanReport> {
  sealsItems(target)
  const counts = new Counts()
  const start = performance.now()
  const flush = async (items: readonly WireItem[]) => {
    await countItems(target, items, counts, open, { signal })
    onProgress?.(counts.items)
  }
  try {
    for (const file of files) {
      let items: WireItem[] = []
      for await (const item of itemsOf(target, file, images)) {
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
    ...counts.report(target.known),
    seconds,
    complete: !signal.aborted,
  }
}

async function* itemsOf(
  target: Target,
  { name, bytes }: ExportFile,
  images: 'new' | 'old',
): AsyncGenerator<WireItem> {
  try {
    for await (const line of linesOf(bytes)) {
      const item = itemOf(target, line, images)
      if (item !== undefined) yield item
    }
  } catch (error) {
    if (error instanceof CliError) throw new CliError('failed', `${name}: ${error.message}`, error)
    if ((error as NodeJS.ErrnoException).code === 'EISDIR')
      throw new CliError(
        'failed',
        `${name} is a folder: name the files in it, those of its folder data.`,
        error,
      )
    // A file that is missing or cut off, or a line that is none.
    throw new CliError('failed', `${name} cannot be read: ${(error as Error).message}`, error)
  }
}

function itemOf(
  { known, tableName }: Target,
  { number, text }: Line,
  images: 'new' | 'old',
): WireItem | undefined {
  const { Item, Keys, NewImage, OldImage } = parse(text)
  if (Item === undefined && Keys === undefined)
    throw new CliError('failed', `line ${number} is none of an export in DynamoDB JSON.`)
  if (Item !== undefined && images === 'old')
    throw new CliError('failed', `line ${number} is of a full export, which has no old images.`)
  const image = Item ?? (images === 'old' ? OldImage : NewImage)
  if (image === undefined) return undefined
  const item = itemFromJson(image, `line ${number}`)
  if (keyOf(known, item) === undefined)
    throw new CliError(
      'failed',
      `line ${number} is no item of table ${tableName}, whose key is ${known.keyNames.join(', ')}.`,
    )
  return item
}

type ExportedLine = { readonly [member in 'Item' | 'Keys' | 'NewImage' | 'OldImage']?: unknown }

function parse(text: string): ExportedLine {
  try {
    return Object(JSON.parse(text))
  } catch {
    // The parser's own error quotes the text.
    return {}
  }
}
