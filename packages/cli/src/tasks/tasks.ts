import type { Target } from '../config/project.js'
import type { Task } from '../engine/task.js'
import { CliError } from '../errors.js'
import { sealsItems } from '../stored/wholeItem.js'
import { Backfill, type BackfillOptions } from './backfill.js'
import { Revert } from './revert.js'
import { Rewrap, type RewrapOptions } from './rewrap.js'
import { areOfTwoFormats, BackfillItems, RevertItems, RewrapItems } from './wholeTasks.js'

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
 * @throws {CliError} `unsupported` where both seal fields, or both wholes; and for `all` of items that are sealed as wholes
 */
export function rewrap(target: Target, { all = false }: RewrapOptions = {}, from?: Target): Task {
  if (from !== undefined && !areOfTwoFormats(target, from))
    throw new CliError(
      'unsupported',
      `Both configurations seal ${sealsItems(target) ? 'items as wholes' : 'fields'} in table ${target.tableName}. --from is for another format; to move to another key, give the client a keyring that opens with both.`,
    )
  const isOfItems = from !== undefined || sealsItems(target)
  if (all && isOfItems)
    throw new CliError(
      'unsupported',
      '--all is not there for items that are sealed as wholes: each has a data key of its own, and nobody would know after a crash which of them are new.',
    )
  return isOfItems ? new RewrapItems(target, from) : new Rewrap(target, { all })
}
