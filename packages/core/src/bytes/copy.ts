/**
 * Copies bytes of `source`, from `start` on, to the beginning of `target`; as many as fill it, unless `length` says
 * less. For a few bytes: a view of them, which `Buffer.copy` makes too, takes several times longer to make.
 */
export function copyBytes(
  target: Uint8Array,
  source: Uint8Array,
  start: number,
  length = target.length,
): void {
  for (let index = 0; index < length; index++) target[index] = source[start + index]!
}

/** Bytes that are copied one by one faster than by a call out of JavaScript. */
const FEW_BYTES = 32

/** Fills `target` with bytes that are given as characters, none beyond U+00FF. */
export function copyLatin1(target: Buffer, bytes: string): void {
  if (target.length > FEW_BYTES) target.write(bytes, 0, target.length, 'latin1')
  else for (let index = 0; index < target.length; index++) target[index] = bytes.charCodeAt(index)
}
