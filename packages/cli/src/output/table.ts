import printer from 'console-table-printer'
import { printable } from './printable.js'

export interface Column {
  readonly title: string
  /** Numbers stand at the right. Default: text at the left, which wraps where there is no room. */
  readonly isNumber?: boolean
}

const GAP = '  '
const NONE = { left: '', right: '', mid: '', other: '' }
/** Below that, nothing can be read any more. */
const MIN_TEXT_WIDTH = 8

/** A table in plain text, at most so wide, without colours and borders. Ends with a line feed. */
export function table(
  columns: readonly Column[],
  given: readonly (readonly string[])[],
  width: number,
): string {
  const rows = given.map(row => row.map(printable))
  const widths = fitted(columns, rows, width)
  const drawn = new printer.Table({
    shouldDisableColors: true,
    style: { headerTop: NONE, headerBottom: NONE, tableBottom: NONE, vertical: '' },
    columns: columns.map(({ title, isNumber }, index) => ({
      name: String(index),
      title,
      alignment: isNumber ? 'right' : 'left',
      maxLen: widths[index]!,
    })),
  })
  for (const row of rows)
    drawn.addRow(Object.fromEntries(row.map((cell, index) => [index, breakable(cell, widths[index]!)])))
  const [, ...lines] = drawn.render().split('\n')
  // Below the titles, which may take several lines, there is an empty one.
  const titled = lines.findIndex(line => line.trim() === '')
  return [...lines.slice(0, titled), ...lines.slice(titled + 1, -1)]
    .map(line => `${line.slice(1).trimEnd()}\n`)
    .join('')
}

/** The printer wraps at spaces alone. */
function breakable(cell: string, width: number): string {
  return cell.replace(new RegExp(`\\S{${width}}(?=\\S)`, 'g'), part => `${part} `)
}

/** Names and what they have, one below the other; what is too long for its line stands on the next ones. */
export function facts(pairs: readonly (readonly [string, string])[], width: number, indent = ''): string {
  const longest = Math.max(0, ...pairs.map(([name]) => name.length))
  return pairs
    .flatMap(([name, value]) => {
      const line = `${indent}${name.padEnd(longest)}${GAP}${printable(value)}`
      return line.length <= width ? [line] : [`${indent}${name}`, ...wrapped(value, width, `${indent}${GAP}`)]
    })
    .map(line => `${line}\n`)
    .join('')
}

/** Text in lines of at most so many columns, with an indent. Lines of its own, as errors have them, run on. */
export function wrapped(text: string, width: number, indent = ''): string[] {
  const room = width - indent.length
  const found: string[] = []
  let line = ''
  for (const word of breakable(printable(text.trim().replaceAll(/\s*\n\s*/g, ' ')), room).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      found.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...found, line].map(one => `${indent}${one}`)
}

/** Text columns give way, the widest first. */
function fitted(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map(row => (row[index] ?? '').length), 1),
  )
  const total = () => widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length)
  const widestText = () =>
    columns.reduce(
      (widest, { isNumber }, index) =>
        !isNumber && (widest < 0 || widths[index]! > widths[widest]!) ? index : widest,
      -1,
    )
  for (let index = widestText(); total() > width && index >= 0; index = widestText()) {
    if (widths[index]! <= MIN_TEXT_WIDTH) break
    widths[index]!--
  }
  return widths
}
