import type { Target } from '../config/project.js'
import type { Task } from '../engine/task.js'
import { CliError } from '../errors.js'
import { sealsItems } from '../stored/wholeItem.js'
import { Backfill, type BackfillOptions } from './backfill.js'
import { BackfillItems } from './backfillItems.js'
import { Revert } from './revert.js'
import { RevertItems } from './revertItems.js'
import { Rewrap, type RewrapOptions } from './rewrap.js'
import { areOfTwoFormats, RewrapItems } from './rewrapItems.js'
import { RewrapItemTokens } from './rewrapItemTokens.js'
import { RewrapTokens } from './rewrapTokens.js'

/** Seals what is in clear: fields, or items as wholes, as the target's format does. */
export function backfill(target: Target, options: BackfillOptions = {}): Task {
  return sealsItems(target) ? new BackfillItems(target, options) : new Backfill(target, options)
}

/** Puts in clear what is sealed. */
export function revert(target: Target): Task {
  return sealsItems(target) ? new RevertItems(target) : new Revert(target)
}

/**
 * Seals again what the target's client would write otherwise.
 *
 * @param from the same table of another client, which opens what is stored: fields where the target seals items as wholes, or the
 *   other way round
 * @throws {CliError} `unsupported` where both seal fields, or both wholes; and for `all` of what another client sealed
 */
export function rewrap(target: Target, { all = false }: RewrapOptions = {}, from?: Target): Task {
  if (from !== undefined && !areOfTwoFormats(target, from))
    throw new CliError(
      'unsupported',
      `Both configurations seal ${sealsItems(target) ? 'items as wholes' : 'fields'} in table ${target.tableName}. --from is for another format; to move to another key, give the client a keyring that opens with both.`,
    )
  if (all && from !== undefined)
    throw new CliError(
      'unsupported',
      '--all goes without --from: with it, all that the other client has sealed is sealed anew in any case.',
    )
  return from !== undefined || sealsItems(target)
    ? new RewrapItems(target, from, { all })
    : new Rewrap(target, { all })
}

/**
 * Computes search tokens anew that are not what the target's client would write.
 *
 * @throws {CliError} `usage` for a table without tokens, `unsupported` for tokens that this command does not write
 */
export async function rewrapTokens(target: Target): Promise<Task> {
  return sealsItems(target) ? RewrapItemTokens.of(target) : RewrapTokens.of(target)
}
