/**
 * Whether `expected` stands in `bytes` from `start` to `end`.
 *
 * With the range on the left: Deno checks a range on the right against the length of the left. And only for one
 * length, since it does so with the end of `expected`, too.
 */
export function isAt(bytes: Buffer, start: number, end: number, expected: Buffer): boolean {
  const { length } = expected
  return length === end - start && bytes.compare(expected, 0, length, start, end) === 0
}
