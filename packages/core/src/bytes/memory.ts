import { markAsUntransferable } from 'node:worker_threads'

const CHUNK_BYTES = 16 * 1024
/** Longer messages have memory of their own, so that little of a chunk is ever left over. */
const LONGEST_IN_CHUNK = CHUNK_BYTES / 4

let chunk = Buffer.alloc(0)
let used = 0

/** Memory that values share, zeroed. */
export function sharedMemory(length: number): Buffer<ArrayBuffer> {
  const memory = Buffer.alloc(length)
  // Else to transfer one value to another thread would empty the others. Node.js copies it, or refuses.
  markAsUntransferable(memory.buffer)
  return memory
}

/**
 * Memory for a message. Messages share it with other messages alone, not with whatever is in Node's own pool. One
 * memory for each would be another object for V8 to collect, of which a page has thousands.
 */
export function allocateMessage(length: number): Buffer {
  if (length > LONGEST_IN_CHUNK) return Buffer.alloc(length)
  if (used + length > chunk.length) {
    chunk = sharedMemory(CHUNK_BYTES)
    used = 0
  }
  const message = chunk.subarray(used, used + length)
  used += length
  return message
}
