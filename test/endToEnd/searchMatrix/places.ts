// Where the token of an e-mail stands, and what is found by it there.
import { search } from '@dynaseal/document-client'

/** A person, as applications have it: what is a token in the table is not there. */
export interface Person {
  readonly pk?: string
  readonly sk?: string
  readonly team: string
  readonly email?: string
  readonly diary: string
}

/** `attribute = value` */
export type Equation = readonly [attribute: string, value: unknown]

/** A query by what is searched. */
export interface Search {
  readonly index?: string
  /** Of the partition key, and of the sort key. */
  readonly key: readonly Equation[]
  readonly filter?: Equation
}

export interface Place {
  readonly name: string
  /** Lengths of search tokens and of beacons. */
  readonly bits: { readonly tokens: number; readonly beacons: number }
  /** The key of the table that is the token. */
  readonly key?: 'pk' | 'sk'
  /** An index that has the token as a key: of every item, or of those of a partition. */
  readonly index?: 'byToken' | 'inTeam' | 'inPartition'
  /** Commands that write demand that the token is that of a value. There, nothing is read by it. */
  readonly isCondition?: true
  /** @param token the name of the token's attribute */
  search(email: string, at: Person, token: string): Search
}

export const places: readonly Place[] = [
  {
    name: "the table's partition key",
    key: 'pk',
    bits: { tokens: 128, beacons: 63 },
    search: email => ({ key: [['pk', search(email)]] }),
  },
  {
    name: "the table's sort key",
    key: 'sk',
    bits: { tokens: 135, beacons: 63 },
    search: (email, { pk }) => ({
      key: [
        ['pk', pk],
        ['sk', search(email)],
      ],
    }),
  },
  {
    name: "a global index's partition key",
    index: 'byToken',
    bits: { tokens: 64, beacons: 40 },
    search: (email, _, token) => ({ index: 'byToken', key: [[token, search(email)]] }),
  },
  {
    name: "a global index's sort key",
    index: 'inTeam',
    bits: { tokens: 100, beacons: 61 },
    search: (email, { team }, token) => ({
      index: 'inTeam',
      key: [
        ['team', team],
        [token, search(email)],
      ],
    }),
  },
  {
    name: "a local index's sort key",
    index: 'inPartition',
    bits: { tokens: 128, beacons: 63 },
    search: (email, { pk }, token) => ({
      index: 'inPartition',
      key: [
        ['pk', pk],
        [token, search(email)],
      ],
    }),
  },
  {
    name: 'a filter',
    bits: { tokens: 20, beacons: 17 },
    search: (email, { pk }, token) => ({ key: [['pk', pk]], filter: [token, search(email)] }),
  },
  {
    name: 'a condition',
    isCondition: true,
    bits: { tokens: 63, beacons: 63 },
    search: (email, { pk }, token) => ({ key: [['pk', pk]], filter: [token, search(email)] }),
  },
  {
    name: 'a condition by a short token',
    isCondition: true,
    bits: { tokens: 62, beacons: 62 },
    search: (email, { pk }, token) => ({ key: [['pk', pk]], filter: [token, search(email)] }),
  },
]
