import type { TokenMaker, TokenSubject, VersionedToken } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'

interface Wanted<RESULT> {
  readonly subject: TokenSubject
  use(result: RESULT): void
}

/** The tokens that one command stores and looks for, made all at once before anything is sealed or sent. */
export class CommandTokens {
  readonly #stored: Wanted<readonly string[]>[] = []
  readonly #found: Wanted<readonly VersionedToken[]>[] = []
  readonly #after: (() => void)[] = []

  constructor(private readonly maker: TokenMaker | undefined) {}

  store(subject: TokenSubject, use: (tokens: readonly string[]) => void): void {
    this.#stored.push({ subject, use })
  }

  /** @throws {SearchError} where the maker refuses an item that lacks a value */
  incomplete(subject: TokenSubject): void {
    this.maker?.checkIncomplete?.(subject)
  }

  find(subject: TokenSubject, use: (versions: readonly VersionedToken[]) => void): void {
    this.#found.push({ subject, use })
  }

  /** Runs when all are made. */
  afterwards(work: () => void): void {
    this.#after.push(work)
  }

  /**
   * @returns what to wait for, if anything
   * @throws {SearchError} and nothing of the command may be sent
   */
  make(): Promise<void> | undefined {
    if (this.#stored.length > 0) return this.#makeAll()
    const found = this.#found
    if (found.length > 0) {
      const made = this.maker?.findNow?.(subjects(found))
      if (made === undefined) return this.#makeAll()
      handOut(found, made)
    }
    this.#finish()
    return undefined
  }

  async #makeAll(): Promise<void> {
    const stored = this.#stored
    const found = this.#found
    const maker = this.maker ?? noMaker()
    if (found.length === 0) {
      handOut(stored, await maker.write(subjects(stored)))
    } else if (stored.length === 0) {
      handOut(found, await maker.find(subjects(found)))
    } else {
      const both = [maker.write(subjects(stored)), maker.find(subjects(found))] as const
      const [ofStored, ofFound] = await Promise.all(both)
      handOut(stored, ofStored)
      handOut(found, ofFound)
    }
    this.#finish()
  }

  #finish(): void {
    for (const work of this.#after) work()
  }
}

function handOut<RESULT>(wanted: readonly Wanted<RESULT>[], results: readonly RESULT[]): void {
  for (let index = 0; index < wanted.length; index++) wanted[index]!.use(results[index]!)
}

function subjects(wanted: readonly { readonly subject: TokenSubject }[]): TokenSubject[] {
  return wanted.map(({ subject }) => subject)
}

/** Where token attributes are made known, a client without search keys refuses them. */
function noMaker(): never {
  throw new DocumentClientError('invalid-client', 'The client has no search keys: give it the option search.')
}
