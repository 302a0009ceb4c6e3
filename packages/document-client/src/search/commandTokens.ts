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

  find(subject: TokenSubject, use: (versions: readonly VersionedToken[]) => void): void {
    this.#found.push({ subject, use })
  }

  /** Runs when all are made. */
  afterwards(work: () => void): void {
    this.#after.push(work)
  }

  /** @throws {SearchError} and nothing of the command may be sent */
  async make(): Promise<void> {
    const stored = this.#stored
    const found = this.#found
    if (stored.length > 0 || found.length > 0) {
      const maker = this.maker ?? noMaker()
      const [ofStored, ofFound] = await Promise.all([
        stored.length === 0 ? [] : maker.write(subjects(stored)),
        found.length === 0 ? [] : maker.find(subjects(found)),
      ])
      for (const [index, { use }] of stored.entries()) use(ofStored[index]!)
      for (const [index, { use }] of found.entries()) use(ofFound[index]!)
    }
    for (const work of this.#after) work()
  }
}

function subjects(wanted: readonly { readonly subject: TokenSubject }[]): TokenSubject[] {
  return wanted.map(({ subject }) => subject)
}

/** Where token attributes are made known, a client without search keys refuses them. */
function noMaker(): never {
  throw new DocumentClientError('invalid-client', 'The client has no search keys: give it the option search.')
}
