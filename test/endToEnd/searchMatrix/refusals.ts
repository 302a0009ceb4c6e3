// Which cells are refused, with what, and where the documentation says so. Everything else works.
import type { Command } from './commands.js'
import type { FormatCase } from './formats.js'
import type { Place } from './places.js'

export interface Refusal {
  readonly code: string
  readonly message: RegExp
  /** A sentence, and the page that has it. */
  readonly said: readonly [page: string, sentence: string]
}

/** Of the table itself, before there is a command. */
export function refusedTable({ key }: Place, { makes }: FormatCase): Refusal | undefined {
  if (key === undefined || makes === 'tokens') return undefined
  return {
    code: 'invalid-schema',
    message: /of the primary key, and with fewer than 128 bits/,
    said: ['docs/search.md', 'no beacon is a key of the table, which takes 128 bits'],
  }
}

/** Of a command. */
export function refusedCommand(
  { key, isCondition, bits }: Place,
  { isWhole, updates: reads, makes }: FormatCase,
  { updates, setsEmail }: Command,
): Refusal | undefined {
  if (updates && isWhole && !reads)
    return {
      code: 'update-refused',
      message: /sealed as wholes.*read-change-write/,
      said: [
        'docs/guide.md',
        'An update changes a part of an item, and what is signed as a whole then opens nowhere; so it is refused.',
      ],
    }
  if (updates && isWhole && key !== undefined)
    return {
      code: 'update-refused',
      message: /sealed as wholes/,
      said: [
        'docs/search.md',
        "Of items that are sealed as wholes, as the AWS Database Encryption SDK has them, updates and conditions on encrypted attributes are refused, also with `updates: 'read-change-write'`",
      ],
    }
  if (setsEmail && key !== undefined)
    return {
      code: 'update-refused',
      message: /keeps its key. In one transaction, put the item/,
      said: [
        'docs/search.md',
        'An item keeps its key. Another spelling with the same token may be set, another value is refused',
      ],
    }
  if (isCondition && bits[makes] < 63 && !(updates && reads))
    return {
      code: 'condition-refused',
      message: /63 bits/,
      said: [
        'docs/search.md',
        'and the condition of a write by tokens of fewer than 63 bits, which could hold for another value',
      ],
    }
  return undefined
}
