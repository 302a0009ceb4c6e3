import { createHash } from 'node:crypto'
import { FieldError } from '../errors.js'
import { RecentDigests } from './recentDigests.js'

/**
 * A brief memory for what did not authenticate under its data key, and never will: its data key need not be asked for
 * for its sake.
 */
export class Refutations extends RecentDigests {
  /** @param claim what did not authenticate under the data key of that name */
  note(id: string, claim: Uint8Array, now: number): void {
    this.add(digestOf(id, claim), now)
  }

  /** What answers in place of the keyring when all that is stored under a name is known not to authenticate. */
  find(id: string, claims: Iterable<Uint8Array>, now: number): { error: FieldError } | undefined {
    if (this.isEmpty) return undefined
    for (const claim of claims) if (!this.has(digestOf(id, claim), now)) return undefined
    return {
      error: new FieldError(
        'not-authentic',
        'it was found a moment ago that it was changed after it was sealed, or made up. Find out who wrote it; restore the attribute from a backup, or write it again.',
      ),
    }
  }
}

function digestOf(id: string, claim: Uint8Array): string {
  return createHash('sha256').update(id, 'latin1').update(claim).digest('binary')
}
