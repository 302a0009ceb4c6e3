import { performance } from 'node:perf_hooks'

/** Longest stretch of work before other events get their turn, in milliseconds. */
const SLICE = 5

let sliceEnd: number | undefined
let turn: Promise<void> | undefined

/**
 * To be asked right before each piece of work: `while (sliceIsOver()) await nextSlice()`. Asking and
 * working must not be parted by an `await`, or a thousand callers ask first and then all work.
 *
 * The slice belongs to the process, not to a caller: a thousand parallel callers of one field each
 * would otherwise run one after another without a gap, as they do when one data key arrives for all.
 */
export function sliceIsOver(): boolean {
  if (sliceEnd !== undefined) return performance.now() >= sliceEnd
  sliceEnd = performance.now() + SLICE
  // Once the event loop has come around, whatever runs then is a new slice.
  setImmediate(() => {
    sliceEnd = undefined
  })
  return false
}

/** Lets other events have their turn. */
export function nextSlice(): Promise<void> {
  turn ??= new Promise(resolve => {
    setImmediate(() => {
      turn = undefined
      resolve()
    })
  })
  return turn
}
