// Why an item of a response is not handed out, or not opened: for who reads the error, with the way out.
import type { AttributePath, FieldError } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import type { KnownTable } from '../tables/knownTable.js'
import { failure } from './failure.js'
import type { SealedValue } from './itemSearch.js'

export const NUMBER =
  'a number does not fit a JavaScript number. Set unmarshallOptions.wrapNumbers on the document client.'

/** Why what stands at a path, or above it, is none of it: where kinds differ there, it takes the kind's name to tell. */
export function misfit(table: KnownTable, itemKind: unknown, path: AttributePath, reason: string): string {
  if (itemKind !== undefined || !table.isAmbiguousAt(path)) return reason
  const { kind } = table.dialect
  return `one ${kind} has it encrypted, another one has it in clear or encrypts other parts of it, and what was read does not say of which ${kind} it is: it has no attribute ${table.kindAttribute}, or that was not asked for. Read it from the table, or from an index that projects that attribute, and with it.`
}

export const IN_CLEAR =
  "a value in clear stands where ciphertext belongs. Somebody wrote it past the sealed client; if the table is being migrated, read it with plaintext: 'allow'."
export const AS_TEXT =
  'it is ciphertext as base64 text, as JSON has it. Give the record of an event as it came to openStreamRecord(), and an export to openExport(). If the table has it so, whoever wrote it took it from JSON; it has to be stored as binary.'
export const OBSTRUCTED =
  'above an encrypted attribute stands something that is no plain map or list as it belongs there. Somebody wrote it past the sealed client.'

export function isMissing(table: KnownTable, name: string): FieldError {
  return failure(
    table,
    [name],
    'not-a-message',
    "it is missing or not binary, so the item was not sealed as a whole, or is not here as a whole. If an index was read, read the table, or an index that has all attributes. If it is so in the table, the item is in another format, or in clear, or somebody changed it past the sealed client; if the table is being migrated, read what is in clear with plaintext: 'allow'.",
  )
}

export function lacksKey(table: KnownTable, path: AttributePath): FieldError {
  return failure(
    table,
    path,
    'invalid-location',
    `the response lacks the item's key attributes, so its place cannot be checked. Add ${table.keyNames.join(', ')} to the projection.`,
  )
}

export function mayNotOpen(
  table: KnownTable,
  found: readonly Pick<SealedValue, 'path'>[],
): DocumentClientError {
  return new DocumentClientError(
    'role-refused',
    `This client may only seal, and the response holds what is sealed in table ${table.name}: ${found.map(({ path }) => formatPath(path)).join(', ') || 'whole items'}. Leave it out of the projection, or read with another client.`,
  )
}
