import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { formatAttributesOf } from '../guards/formatAttributes.js'
import { type AttributePattern, isContainer, occurrences, relate } from '../paths/attributePattern.js'
import { spelledPath, spelledPathIn } from '../paths/spelledPaths.js'
import { strayCiphertext } from '../paths/strayCiphertext.js'
import type { Item } from '../values/place.js'
import { PendingSeal } from './pendingSeal.js'
import type { Writing } from './plaintext.js'

/**
 * Makes what stands in clear at encrypted paths of `holder[step]` pending, as the plugin of a mapper would have: from here
 * on it is sealed, or refused, in the same way. What is sealed already stays as it is.
 *
 * @param path that of `holder[step]` in its item
 * @throws {DocumentClientError} `plaintext-refused` for a name that is an encrypted path; `invalid-value` or `not-registered` for bytes that look sealed, and could not be read again
 */
export function holdPlaintext(writing: Writing, path: AttributePath, holder: Item, step: string): void {
  const { table, kind } = writing
  const patterns = table.encrypted(kind)
  const sealed = holdAll(writing, patterns, path, holder, step)
  const name = spelledPath(patterns, path) ?? spelledPathIn(patterns, path, holder[step])
  if (name !== undefined) throw isSpelled(writing, name)
  const value = holder[step]
  const [stray] = strayCiphertext({ [step]: value }, each => looksSealed(writing, each), sealed)
  if (stray !== undefined) throw isStray(writing, [...path, ...stray.slice(1)])
}

/**
 * Makes pending what stands in clear at some patterns of `holder[step]`.
 *
 * @returns what is sealed there already, and the format's own
 * @throws {DocumentClientError} `invalid-value`
 */
export function holdAll(
  writing: Writing,
  patterns: readonly AttributePattern[],
  path: AttributePath,
  holder: Item,
  step: string,
): Set<unknown> {
  const { table, isCiphertext } = writing
  const isItem = path.length === 0
  const sealed = new Set(isItem ? Object.values(formatAttributesOf(table, holder[step] as Item)) : [])
  const hold = (here: AttributePath, value: unknown, replace: (value: unknown) => void) => {
    if (value === undefined || value instanceof PendingSeal) return
    if (value instanceof Uint8Array && isCiphertext(value)) sealed.add(value)
    else if (looksSealed(writing, value)) throw isNotWhole(writing, here)
    else replace(new PendingSeal(value))
  }
  for (const pattern of patterns) holdAt(pattern, path, holder, step, hold)
  return sealed
}

type Hold = (path: AttributePath, value: unknown, replace: (value: unknown) => void) => void

function holdAt(
  pattern: AttributePattern,
  path: AttributePath,
  holder: Item,
  step: string,
  hold: Hold,
): void {
  const value = holder[step]
  const relation = relate(pattern, path)
  if (relation === 'at') {
    hold(path, value, next => {
      holder[step] = next
    })
  } else if (relation === 'above' && isContainer(value)) {
    for (const found of occurrences(value, pattern.slice(path.length), path))
      hold(found.path, found.value, next => found.replace(next))
  }
}

function looksSealed({ looksSealed }: Writing, value: unknown): boolean {
  return value instanceof Uint8Array && !(value instanceof PendingSeal) && looksSealed(value)
}

function isSpelled({ table }: Writing, name: string): DocumentClientError {
  return new DocumentClientError(
    'plaintext-refused',
    `An attribute of the name '${name}' was about to be written to table ${table.name} in clear, and the path that is written so is encrypted there, or something in it. Write the entry of the map or list that is meant; if it is the name, declare it in quotes: ["${name}"].`,
  )
}

function isNotWhole({ table }: Writing, path: AttributePath): DocumentClientError {
  return new DocumentClientError(
    'invalid-value',
    `The bytes at '${formatPath(path)}' of table ${table.name} begin as ciphertext does, and are none of this item. Sealed once more, they would be read as data. Write what was opened; what is sealed goes back only with its whole item.`,
  )
}

function isStray({ table }: Writing, path: AttributePath): DocumentClientError {
  return new DocumentClientError(
    'not-registered',
    `The bytes at '${formatPath(path)}' look like ciphertext, and ${table.dialect.notEncrypted(formatPath(path), table.name)} The item could not be read again.`,
  )
}
