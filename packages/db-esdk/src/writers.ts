import { Writer } from '@dynaseal/core/formats'

const CAPACITY = 4096
/** One that has grown beyond this is not kept. */
const MAX_KEPT_BYTES = 16 * CAPACITY
const MAX_KEPT = 16

/** Those that nobody uses at the moment: empty, hence zeroed. */
const kept: Writer[] = []

/**
 * A writer of one's own, until it is returned: for plaintext, that is memory which is zeroed and used again. To allocate and
 * collect some for each item takes longer than to fill it.
 */
export function borrowWriter(): Writer {
  return kept.pop() ?? new Writer(CAPACITY)
}

/** To be called once; what was written is zeroed, and views of it must not be used any more. */
export function returnWriter(writer: Writer): void {
  const isKept = writer.length <= MAX_KEPT_BYTES && kept.length < MAX_KEPT
  writer.clear()
  if (isKept) kept.push(writer)
}
