import { clearLine, cursorTo } from 'node:readline'
import { count, duration } from './numbers.js'

/** How far something that takes long has come. */
export interface Progress {
  at(done: number): void
  end(): void
}

/** Milliseconds between two looks of the bar, and between two lines where there is none. */
const DRAW_INTERVAL = 100
const LINE_INTERVAL = 30_000

/**
 * A bar, in front of somebody; a line every half minute, in a log.
 *
 * @param total about; undefined when nobody knows
 */
export function showProgress(
  isInteractive: boolean,
  output: NodeJS.WriteStream,
  total: number | undefined,
): Progress {
  const start = performance.now()
  const text = (done: number) => {
    const seconds = (performance.now() - start) / 1000
    const rate = done / Math.max(seconds, 0.001)
    const left = total === undefined || done === 0 ? undefined : Math.max(0, total - done) / rate
    const of = total === undefined || total < done ? '' : ` of about ${count(total)}`
    return `${count(done)}${of} items, ${count(rate)}/s${left === undefined ? '' : `, ${duration(left)} left`}`
  }
  return isInteractive ? drawn(text, total, output) : logged(text, output)
}

type Text = (done: number) => string

function drawn(text: Text, total: number | undefined, output: NodeJS.WriteStream): Progress {
  let next = 0
  return {
    at(done) {
      if (performance.now() < next) return
      next = performance.now() + DRAW_INTERVAL
      cursorTo(output, 0)
      output.write(`${bar(done, total)}${text(done)}`.slice(0, output.columns - 1))
      clearLine(output, 1)
    },
    end() {
      cursorTo(output, 0)
      clearLine(output, 0)
    },
  }
}

const BAR_COLUMNS = 20

function bar(done: number, total: number | undefined): string {
  if (total === undefined) return ''
  const full = Math.round(BAR_COLUMNS * Math.min(1, done / Math.max(1, total)))
  return `[${'='.repeat(full)}${' '.repeat(BAR_COLUMNS - full)}] `
}

function logged(text: Text, output: NodeJS.WriteStream): Progress {
  let next = performance.now() + LINE_INTERVAL
  return {
    at(done) {
      if (performance.now() < next) return
      next = performance.now() + LINE_INTERVAL
      output.write(`${text(done)}\n`)
    },
    end() {},
  }
}
