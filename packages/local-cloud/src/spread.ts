/**
 * The n-th of a sequence that fills [0, 1) evenly, multiples of the golden ratio modulo 1: jitter that is the same
 * in every run.
 */
export function evenly(n: number): number {
  return (n * 0.618033988749895) % 1
}
