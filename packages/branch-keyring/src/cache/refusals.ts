import { isPermanent } from '../errors.js'

/** Most refusals remembered at once; the oldest is forgotten first. */
const MAX_REFUSALS = 1000

/** A brief memory for permanent refusals, so that what cannot be had is not asked for with every data key. */
export class Refusals {
  readonly #age: number
  readonly #entries = new Map<string, { readonly error: unknown; readonly at: number }>()

  constructor(age: number) {
    this.#age = age
  }

  note(name: string, error: unknown, now: number): void {
    if (this.#age === 0 || !isPermanent(error)) return
    this.#entries.delete(name)
    this.#entries.set(name, { error, at: now })
    if (this.#entries.size > MAX_REFUSALS) this.#entries.delete(this.#entries.keys().next().value!)
  }

  find(name: string, now: number): { readonly error: unknown } | undefined {
    const entry = this.#entries.get(name)
    if (entry === undefined) return undefined
    const age = now - entry.at
    if (age >= 0 && age < this.#age) return entry
    this.#entries.delete(name)
    return undefined
  }

  clear(): void {
    this.#entries.clear()
  }
}
