const MAX_PATHS = 1000

/**
 * Canonical paths of one table's attributes: what their values are bound to. `table ‖ u64(1) ‖ '$' ‖ u64(length) ‖ name`,
 * where the length counts UTF-16 code units, as the official releases have it, and not bytes.
 */
export class CanonicalPaths {
  readonly #prefix: Buffer
  /** Bounded: whoever writes the table chooses the names. */
  readonly #known = new Map<string, Buffer>()

  constructor(table: string) {
    const one = Buffer.alloc(8)
    one[7] = 1
    this.#prefix = Buffer.concat([Buffer.from(table, 'utf8'), one, Buffer.from('$', 'latin1')])
  }

  of(name: string): Buffer {
    let path = this.#known.get(name)
    if (path === undefined) {
      const length = Buffer.alloc(8)
      length.writeUInt32BE(name.length, 4)
      path = Buffer.concat([this.#prefix, length, Buffer.from(name, 'utf8')])
      if (this.#known.size === MAX_PATHS) this.#known.clear()
      this.#known.set(name, path)
    }
    return path
  }
}
