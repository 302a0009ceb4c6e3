import type { ClientSettings } from '../client/settings.js'
import { DocumentClientError } from '../errors.js'
import type { Unopened } from '../opening/opening.js'
import { leaveOut } from '../opening/openPartially.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { type Change, collectChange, type Told, type Wanted } from './change.js'
import { Images } from './images.js'
import { type Bytes, type Line, linesOf } from './lines.js'
import type { OpenNow } from './sealedImage.js'

type Members = Readonly<Record<string, unknown>>

/** What is opened together: so many lines, or so much text, are in memory. */
const LINES_AT_A_TIME = 100
const CHARACTERS_AT_A_TIME = 2 ** 20

/** Reads one line, notes what is sealed in it, and says which items it has; nothing where nobody wants them. */
type Read<RESULT> = (
  line: Members,
  images: Images,
) => { readonly result: RESULT; readonly items: readonly (Item | undefined)[] } | undefined

/**
 * The items of a full export, `{ Item }` a line.
 *
 * @throws {DocumentClientError} `invalid-record`, with the line
 * @throws {FieldsNotOpenedError} after all items before; inside `openPartially` the item is left out
 */
export function openFull(
  table: KnownTable,
  settings: ClientSettings,
  openNow: OpenNow | undefined,
  file: Bytes,
  wanted?: Wanted,
): AsyncGenerator<Item> {
  return openLines(
    () => new Images(settings, openNow),
    file,
    ({ Item, Keys }, images) => {
      if (Item === undefined)
        throw notOfKind(
          Keys === undefined
            ? undefined
            : 'a line of an incremental export: openIncrementalExport() reads it',
        )
      const image = images.read(table, Item, 'Item')
      const { item } = image
      if (wanted !== undefined && !wanted.isWanted(item)) return undefined
      images.collect(image)
      return { result: item, items: [item] }
    },
  )
}

/** The changes of an incremental export, `{ Keys, NewImage, OldImage }` a line; otherwise as {@link openFull}. */
export function openIncremental(
  table: KnownTable,
  settings: ClientSettings,
  openNow: OpenNow | undefined,
  file: Bytes,
  wanted?: Wanted,
): AsyncGenerator<Change> {
  return openLines(
    () => new Images(settings, openNow),
    file,
    (line, images) => {
      if (line.Keys === undefined)
        throw notOfKind(
          line.Item === undefined ? undefined : 'a line of a full export: openExport() reads it',
        )
      const change = collectChange(table, line as Told, images, wanted)
      return change && { result: change, items: [change.newImage, change.oldImage] }
    },
  )
}

async function* openLines<RESULT>(
  newImages: () => Images,
  file: Bytes,
  read: Read<RESULT>,
): AsyncGenerator<RESULT> {
  for await (const lines of together(linesOf(file))) {
    const images = newImages()
    const all = lines.map(line => outcomeOf(() => read(parse(line), images), line))
    const unopened = new Map((await images.outcome()).map(each => [each.item, each]))
    for (const { error, value } of all) {
      if (error !== undefined) throw error
      if (value === undefined) continue
      const failed = value.items.map(item => unopened.get(item!)).filter(each => each !== undefined)
      if (failed.length === 0) yield value.result
      else leaveOut([inOne(failed)])
    }
  }
}

/** Lines before one that cannot be read are handed out first. */
function outcomeOf<VALUE>(
  work: () => VALUE,
  { number }: Line,
): { readonly value?: VALUE; readonly error?: unknown } {
  try {
    return { value: work() }
  } catch (error) {
    if (!(error instanceof DocumentClientError)) return { error }
    const { code, message } = error
    return { error: new DocumentClientError(code, `Line ${number} of the export: ${message}`) }
  }
}

/** Two images of a line are of one item, which is left out once. */
function inOne(failed: readonly Unopened[]): Unopened {
  return { ...failed[0]!, failures: failed.flatMap(({ failures }) => failures) }
}

async function* together(lines: AsyncIterable<Line>): AsyncGenerator<readonly Line[]> {
  let some: Line[] = []
  let characters = 0
  let failure: { readonly error: unknown } | undefined
  try {
    for await (const line of lines) {
      some.push(line)
      characters += line.text.length
      if (some.length < LINES_AT_A_TIME && characters < CHARACTERS_AT_A_TIME) continue
      yield some
      some = []
      characters = 0
    }
  } catch (error) {
    failure = { error }
  }
  // Also those before a line that is none, or before the end of a file that has been cut off.
  if (some.length > 0) yield some
  if (failure !== undefined) throw failure.error
}

function parse({ text }: Line): Members {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own error quotes the text.
  }
  if (typeof value !== 'object' || value === null) throw notOfKind()
  return value as Members
}

function notOfKind(what = 'no item or change in DynamoDB JSON'): DocumentClientError {
  return new DocumentClientError('invalid-record', `This is ${what}.`)
}
