const opened = new WeakSet<Uint8Array>()

/** Notes that bytes are a plaintext, even if they look like a message: an encrypted attribute may hold one. */
export function markOpened(value: unknown): void {
  if (value instanceof Uint8Array) opened.add(value)
}

export function wasOpened(value: Uint8Array): boolean {
  return opened.has(value)
}
