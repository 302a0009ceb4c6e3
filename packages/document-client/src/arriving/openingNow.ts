import type { Format, OpenedItem } from '@dynaseal/core'
import { type FormatParts, formatParts, PARTS } from '@dynaseal/core/parts'
import type { ClientSettings } from '../client/settings.js'
import type { Opening } from '../opening/opening.js'
import { Scratch } from '../values/scratch.js'

/**
 * Opens what is collected a few at a time, where nobody has to be asked for a data key or waited for: what comes one after the
 * other is then not in memory all at once.
 */
export class OpeningNow {
  /** Where ciphertext may be that is collected. */
  readonly scratch: Scratch | undefined
  readonly #openNow: FormatParts['openNow'] | undefined
  #waits = false

  constructor(
    { format, plaintext }: ClientSettings,
    private readonly opening: Opening,
  ) {
    this.#openNow = openNowOf(format)
    // A format of somebody else may keep the bytes that it was given; and bytes in clear stay in their item.
    this.scratch = this.#openNow !== undefined && plaintext === 'refuse' ? new Scratch() : undefined
  }

  /** Opens what is much. @returns what to wait for before there is more, if anything */
  openMuch(): Promise<void> | undefined {
    return this.scratch?.holdsEnough === true ? this.open() : undefined
  }

  /** @returns what to wait for, if anything; what is not open then is under a data key that has to be asked for */
  open(): Promise<void> | undefined {
    // What comes after it waits with it.
    if (this.#waits || this.#openNow === undefined) return undefined
    const items = this.opening.toOpen()
    if (items.length === 0) return undefined
    const opened = this.#openNow(items)
    if (opened instanceof Promise) return opened.then(results => this.#hand(results))
    this.#hand(opened)
    return undefined
  }

  #hand(opened: readonly OpenedItem[] | undefined): void {
    if (opened === undefined) {
      this.#waits = true
      return
    }
    this.opening.hand(opened)
    this.scratch?.rewind()
  }

  /** Nothing more is collected, and all is open. */
  end(): void {
    this.scratch?.giveBack()
  }
}

/**
 * How a format opens at once, if it can: ours do. Not where something stands in the place of its `open`, as mocks do and
 * whoever counts calls: that would be passed by.
 */
function openNowOf(format: Format): FormatParts['openNow'] | undefined {
  return Object.hasOwn(format, PARTS) && !Object.hasOwn(format, 'open')
    ? formatParts(format)?.openNow
    : undefined
}
