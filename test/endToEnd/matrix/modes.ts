import type { SealOptions } from '@dynaseal/toolbox'

/** How the clients of a run are restricted, and what was in the table before. */
export interface Mode {
  readonly name: string
  readonly writer: Partial<SealOptions>
  readonly reader: Partial<SealOptions>
  /** The items that were there before were written by a client that does not seal. */
  readonly inClearBefore: boolean
}

const both = { writer: {}, reader: {}, inClearBefore: false } as const

export const modes: readonly Mode[] = [
  { ...both, name: 'a client that does both' },
  {
    ...both,
    name: 'one client that seals and one that opens',
    writer: { role: 'seal' },
    reader: { role: 'open' },
  },
  {
    name: "plaintext: 'allow', on sealed items",
    writer: { plaintext: 'allow' },
    reader: { plaintext: 'allow' },
    inClearBefore: false,
  },
  {
    name: "plaintext: 'allow', on items in clear",
    writer: { plaintext: 'allow' },
    reader: { plaintext: 'allow' },
    inClearBefore: true,
  },
  { ...both, name: "plaintext: 'refuse', on items in clear", inClearBefore: true },
]
