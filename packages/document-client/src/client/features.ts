import { type Messages, withoutMessages } from '@dynaseal/core/formats'
import type { ArrivingFeature } from '../arriving/feature.js'
import type { WholeItemsFeature } from '../changing/feature.js'
import type { SearchFeature } from '../search/feature.js'
import type { Dialect } from '../tables/dialect.js'

/**
 * What a sealed client does besides commands on encrypted attributes. The main entries of the packages hand all of it to each client,
 * and the slim ones what the application gives as `features`: what nobody hands over is in no bundle.
 */
export interface Features {
  /** Items that arrive without a command. */
  readonly arriving?: ArrivingFeature
  /** Fields of format 1, which are messages of the AWS Encryption SDK. */
  readonly messages?: Messages
  /** Token attributes, and searching by them. */
  readonly search?: SearchFeature
  /** Formats that seal items as wholes, and updates of such items. */
  readonly wholeItems?: WholeItemsFeature
}

/** What each is, where it is missing; what it is exported as, and by which entry of the package. */
const NAMES = {
  arriving: ['Items that arrive without a command', 'arrivals', 'arriving'],
  messages: ['Messages, as format 1 has them,', 'messages', 'messages'],
  search: ['Search tokens', 'searchTokens', 'search'],
  wholeItems: ['Formats that seal items as wholes', 'wholeItems', 'whole-items'],
} as const satisfies Record<keyof Features, readonly [string, string, string]>

/** The features of one client. What it does not have is refused by name, before anything is sent. */
export class ClientFeatures {
  readonly #given: Features

  constructor(
    given: readonly Features[],
    private readonly dialect: Dialect,
  ) {
    this.#given = Object.assign({}, ...given)
  }

  has(name: keyof Features): boolean {
    return this.#given[name] !== undefined
  }

  /** @throws {DocumentClientError} `invalid-client` */
  get arriving(): ArrivingFeature {
    return this.#given.arriving ?? this.refuse('arriving')
  }

  /** What reads and writes format 1; or refuses to, where the format is made and where a field is read. */
  get messages(): Messages {
    return this.#given.messages ?? withoutMessages(this.missing('messages'))
  }

  /** @throws {DocumentClientError} `invalid-client` */
  get search(): SearchFeature {
    return this.#given.search ?? this.refuse('search')
  }

  /** @throws {DocumentClientError} `invalid-client` */
  get wholeItems(): WholeItemsFeature {
    return this.#given.wholeItems ?? this.refuse('wholeItems')
  }

  /**
   * Of a feature that the client does not have.
   *
   * @throws {DocumentClientError} `invalid-client`, as the dialect has it
   */
  refuse(name: keyof Features): never {
    throw this.dialect.refusal('invalid-client', this.missing(name))
  }

  /** That a feature is missing, and what to import. */
  missing(name: keyof Features): string {
    const [what, exported, entry] = NAMES[name]
    const { packageName } = this.dialect
    return `${what} are a feature that this sealed client was not given: import { ${exported} } from '${packageName}/${entry}', and seal the client with the option features: [${exported}]. A client of the main entry, ${packageName}, has all features.`
  }
}
