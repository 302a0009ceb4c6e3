import { styleText } from 'node:util'

const colours = process.stdout.isTTY === true && process.env.NO_COLOR === undefined

type Style = 'bold' | 'dim' | 'green' | 'red' | 'cyan'

export const paint = (style: Style, text: string) => (colours ? styleText(style, text) : text)

const print = (line = '') => process.stdout.write(`${line}\n`)

let failures = 0
export const failed = () => failures > 0

let steps = 0
export function step(title: string): void {
  steps++
  print()
  print(paint('bold', `${steps}. ${title}`))
}

export const say = (text: string) => print(`   ${text}`)

/** A line that must be true; the exit code depends on it. */
export function check(holds: boolean, text: string): void {
  if (!holds) failures++
  print(`   ${holds ? paint('green', '✓') : paint('red', '✗ NOT TRUE:')} ${text}`)
}

/** Rows with aligned columns; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  for (const [i, row] of rows.entries()) {
    const line = row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
    say(i === 0 ? paint('dim', line) : line)
  }
}

/** A bar that is drawn in place on a terminal; elsewhere it is silent. */
export function progress(label: string, total: number): (done: number) => void {
  if (process.stdout.isTTY !== true) return () => {}
  const width = 30
  return done => {
    const filled = Math.round((done / total) * width)
    const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`
    process.stdout.write(`\r   ${label} ${paint('cyan', bar)} ${done}/${total}`)
    if (done === total) process.stdout.write('\r\x1b[2K')
  }
}

export const finish = (text: string) => {
  print()
  print(paint('bold', text))
}

/** Lines of at most so many characters. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= width) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, line]
}
