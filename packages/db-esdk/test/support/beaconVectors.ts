import { readFileSync } from 'node:fs'
import { type AttributePath, type AttributeValue, type Normalizer, TokenDefinition } from '@dynaseal/core'
import { BranchKey } from '../../../branch-keyring/src/cache/branchKey.js'
import { type BeaconKeySource, type BeaconOptions, type Item, transforms } from '../../src/index.js'
import { itemOf } from './vectors.js'

type Json = Readonly<Record<string, unknown>>

export interface Standard {
  readonly name: string
  readonly length: number
  readonly loc?: string
  readonly style?: { readonly type: 'asSet' | 'shared' | 'sharedSet' | 'partOnly'; readonly other?: string }
  readonly numberOfPartitions?: number
}

type Transform = { readonly type: keyof typeof transforms } & Readonly<Record<string, never>>

interface Part {
  readonly loc: string
  readonly trans?: readonly Transform[]
}

export interface Request {
  readonly request: Json & { readonly ExpressionAttributeValues?: Readonly<Record<string, Json>> }
  readonly wire?: Json & { readonly ExpressionAttributeValues?: Readonly<Record<string, { S?: string }>> }
  readonly error?: string
}

export interface BeaconSet {
  readonly id: string
  readonly description: string
  readonly config: { readonly attributeActions: Readonly<Record<string, string>> }
  readonly beacons: {
    readonly key: { readonly keyId?: string; readonly keyFieldName?: string }
    readonly standard: readonly Standard[]
    readonly virtual?: readonly { readonly name: string; readonly parts: readonly Part[] }[]
    readonly compound?: readonly Json[]
  }
  readonly items: readonly Json[]
  readonly stored?: readonly {
    readonly beacons?: Readonly<Record<string, { readonly S?: string; readonly SS?: string[] }>>
    readonly error?: string
  }[]
  readonly scans?: readonly Request[]
  readonly queries?: readonly Request[]
  readonly error?: string
}

export interface PartitionSet {
  readonly id: string
  readonly maximumNumberOfPartitions: number
  readonly defaultNumberOfPartitions: number | null
  readonly beacons: readonly Standard[]
  readonly compound: readonly Json[]
  readonly stored: readonly {
    readonly item: Json
    readonly partition: number
    readonly beacons: Readonly<Record<string, { readonly S: string }>>
  }[]
  readonly asked: readonly Json[]
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../test/vectors/dbEsdk/${name}.json`, import.meta.url), 'utf8'))

/** Made by the official Java release: see test/vectors/README.md. */
export const beacons: {
  readonly keys: readonly { readonly branchKeyId: string; readonly beaconKey: string }[]
  readonly sets: readonly BeaconSet[]
} = read('beacons')

/** Made by the official Rust release. */
export const partitions: { readonly beaconKey: string; readonly sets: readonly PartitionSet[] } =
  read('beaconPartitions')

export const TABLE = 'Beacons'

/** What the official Java release makes of some texts, by transforms with positions within and without them. */
export const transformed: {
  readonly texts: readonly string[]
  readonly transforms: readonly (Transform & { readonly texts: readonly string[] })[]
} = read('transforms')

/** What has the beacon keys of the vectors, and no other. */
export const source: BeaconKeySource = {
  async beaconKey(id) {
    const { beaconKey } = beacons.keys.find(({ branchKeyId }) => branchKeyId === id) ?? {}
    if (beaconKey === undefined) throw new Error(`there is no branch key ${id}`)
    return new BranchKey(id, 'beacon:ACTIVE', new Uint8Array(Buffer.from(beaconKey, 'hex')), 0)
  },
}

/** `a.b[1].c` */
export function pathOf(loc: string): AttributePath {
  return (loc.match(/[^.[\]]+/g) ?? []).map(step => (/^\d+$/.test(step) ? Number(step) : step))
}

export function valueAt(item: Item, path: AttributePath): AttributeValue | undefined {
  let value: AttributeValue | undefined = { M: item }
  for (const step of path) {
    const { M, L } = (value ?? {}) as { M?: Item; L?: AttributeValue[] }
    value = typeof step === 'number' ? L?.[step] : M?.[step]
  }
  return value
}

export function attributeOf({ name }: Standard): AttributePath {
  return [`aws_dbe_b_${name}`]
}

export function definitionOf({ beacons: { virtual = [] } }: BeaconSet, standard: Standard): TokenDefinition {
  const loc = standard.loc ?? standard.name
  const parts = virtual.find(({ name }) => name === loc)?.parts ?? [{ loc }]
  const of = parts.map(({ loc, trans = [] }) => ({ path: pathOf(loc), normalize: trans.map(normalizer) }))
  const members = standard.style?.type === 'asSet' || standard.style?.type === 'sharedSet'
  return new TokenDefinition({ of, bits: standard.length, members })
}

export function normalizer({ type, ...given }: Transform): Normalizer {
  const { low, high, length, literal, split, index } = given as Record<string, never>
  switch (type) {
    case 'upper':
    case 'lower':
      return transforms[type]
    case 'insert':
      return transforms.insert(literal!)
    case 'prefix':
    case 'suffix':
      return transforms[type](length!)
    case 'substring':
      return transforms.substring(low!, high!)
    case 'segment':
      return transforms.segment(split!, index!)
    case 'segments':
      return transforms.segments(split!, low!, high!)
  }
}

export function optionsOf({ beacons: { key, standard } }: BeaconSet): BeaconOptions {
  const shared = standard.flatMap(({ name, style }) =>
    style?.other === undefined ? [] : [[name, style.other]],
  )
  const { keyId, keyFieldName } = key
  return {
    keyring: source,
    ...(keyId === undefined ? {} : { branchKeyId: keyId }),
    ...(keyFieldName === undefined ? {} : { keyFieldName }),
    tables: { [TABLE]: { shared: Object.fromEntries(shared) } },
  }
}

export { itemOf }
