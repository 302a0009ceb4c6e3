import { channel } from 'node:diagnostics_channel'
import {
  type AttributePath,
  channelNames,
  FieldError,
  type FieldErrorCode,
  type NotOpenedEvent,
} from '@dynaseal/core'
import type { KnownTable } from '../tables/knownTable.js'

const notOpened = channel(channelNames.notOpened)

/** What is refused here never reaches the format, which publishes what it refuses itself. */
export function failure(
  table: KnownTable,
  path: AttributePath,
  code: FieldErrorCode,
  reason: string,
): FieldError {
  const place = { table: table.name, keyNames: table.keyNames, path }
  if (notOpened.hasSubscribers) notOpened.publish({ code, ...place } satisfies NotOpenedEvent)
  return new FieldError(code, reason, { place })
}
