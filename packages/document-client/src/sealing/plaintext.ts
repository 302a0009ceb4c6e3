import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { type AttributePattern, isContainer, occurrences, relate } from '../paths/attributePattern.js'
import type { KnownTable } from '../tables/knownTable.js'
import { PendingSeal } from './pendingSeal.js'

/** What is written, and by which rules. */
export interface Writing {
  readonly table: KnownTable
  readonly kind: unknown
  readonly isCiphertext: (value: Uint8Array) => boolean
  readonly looksSealed: (value: Uint8Array) => boolean
}

/** A ciphertext may be written as it is: that is how a batch sends again what DynamoDB did not process. */
function mayBeWritten({ isCiphertext }: Writing, value: unknown): boolean {
  return value instanceof PendingSeal || (value instanceof Uint8Array && isCiphertext(value))
}

/** @throws {DocumentClientError} `plaintext-refused` when something in clear would be written where a pattern is */
export function refusePlaintext(
  writing: Writing,
  pattern: AttributePattern,
  path: AttributePath,
  value: unknown,
): void {
  switch (relate(pattern, path)) {
    case 'beside':
      return
    case 'below':
      throw plaintextRefused(writing.table, path)
    case 'at':
      if (!mayBeWritten(writing, value)) throw plaintextRefused(writing.table, path)
      return
    case 'above':
      refusePlaintextInside(writing, pattern.slice(path.length), path, value)
  }
}

/** A value above an encrypted path: what stands at the path must wait to be sealed, whatever holds it. */
function refusePlaintextInside(
  writing: Writing,
  rest: AttributePattern,
  path: AttributePath,
  value: unknown,
): void {
  const { table, kind } = writing
  // A Map, a Set, a string …: a container belongs here, and none of these is looked into.
  const obstructed = (here: AttributePath, found: unknown) => {
    if (!table.mayStand(kind, here, found)) throw plaintextRefused(table, here)
  }
  if (value === undefined) return
  if (!isContainer(value)) {
    obstructed(path, value)
    return
  }
  for (const found of occurrences(value, rest, path, undefined, obstructed)) {
    if (!mayBeWritten(writing, found.value)) throw plaintextRefused(table, found.path)
  }
}

function plaintextRefused(table: KnownTable, path: AttributePath): DocumentClientError {
  return new DocumentClientError(
    'plaintext-refused',
    `'${formatPath(path)}' is encrypted in table ${table.name}, or holds what is, and a value in clear was about to be written there. ${table.dialect.writeSealed}`,
  )
}
