/** Most refusals remembered at once; the oldest is forgotten first. */
const MAX_REFUSALS = 1000

/**
 * A brief memory for permanent refusals, so that a page full of fields which cannot be opened does
 * not ask the keyring again with every reader.
 */
export class Refusals {
  readonly #age: number
  readonly #entries = new Map<string, { readonly error: unknown; readonly until: number }>()

  constructor(age: number) {
    this.#age = age
  }

  /** Remembers the error if it is permanent; a transient failure never is. */
  note(id: string, error: unknown, now: number): void {
    if (this.#age === 0 || !isPermanent(error)) return
    this.#entries.delete(id)
    this.#entries.set(id, { error, until: now + this.#age })
    if (this.#entries.size > MAX_REFUSALS) this.#entries.delete(this.#entries.keys().next().value!)
  }

  find(id: string, now: number): { readonly error: unknown } | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    if (now < entry.until && now >= entry.until - this.#age) return entry
    this.#entries.delete(id)
    return undefined
  }

  clear(): void {
    this.#entries.clear()
  }
}

/** Keyrings say so with a property, so that no class needs to be shared with them. */
export function isPermanent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'permanent' in error && error.permanent === true
}
