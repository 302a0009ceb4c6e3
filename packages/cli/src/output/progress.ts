import { progress as bar } from '@clack/prompts'
import { count, counted, duration } from './numbers.js'

/** How far something that takes long has come. */
export interface Progress {
  at(done: number): void
  end(): void
}

/** Milliseconds between two lines where there is no bar. */
const LINE_INTERVAL = 30_000

/**
 * A bar, in front of somebody; a line every half minute, in a log.
 *
 * @param unit `items`
 * @param total about; undefined when nobody knows
 */
export function showProgress(
  isInteractive: boolean,
  note: (text: string) => void,
  unit: string,
  total: number | undefined,
): Progress {
  const start = performance.now()
  const text = (done: number) => {
    const seconds = (performance.now() - start) / 1000
    const rate = done / Math.max(seconds, 0.001)
    const left = total === undefined || done === 0 ? undefined : Math.max(0, total - done) / rate
    const of = total === undefined || total < done ? '' : ` of about ${count(total)}`
    return `${count(done)}${of} ${unit}, ${counted(Math.round(rate), unit.slice(0, -1), unit)}/s${left === undefined ? '' : `, ${duration(left)} left`}`
  }
  return isInteractive ? drawn(text, total) : logged(text, note)
}

function drawn(text: (done: number) => string, total = 0): Progress {
  const drawing = bar({ max: Math.max(1, Math.ceil(total)), output: process.stderr, indicator: 'dots' })
  let last = 0
  drawing.start(text(0))
  return {
    at(done) {
      drawing.advance(done - last, text(done))
      last = done
    },
    end: () => drawing.stop(text(last)),
  }
}

function logged(text: (done: number) => string, note: (text: string) => void): Progress {
  let next = performance.now() + LINE_INTERVAL
  return {
    at(done) {
      if (performance.now() < next) return
      next = performance.now() + LINE_INTERVAL
      note(`${text(done)}\n`)
    },
    end() {},
  }
}
