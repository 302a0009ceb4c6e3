import type { Schema } from 'dynamodb-toolbox'
import type { Mint } from '../../support/scanner/sentinels.js'

/** `encrypted`, or in the plain twin of a schema, what returns the schema as it is. */
export type Seal = <SCHEMA extends Schema>(schema: SCHEMA) => SCHEMA

export const inClear: Seal = schema => schema

/** A place where an encrypted value may stand, as one attribute of an entity. */
export interface Placement {
  /** The attribute's name. */
  readonly name: string
  schema(seal: Seal): Schema
  /** What is given for it; `undefined` where a default or a link fills it, or nothing does. */
  value(mint: Mint): unknown
  /** Whether an update has to say `$set` to replace it as a whole. */
  readonly container?: boolean
  /** Updates that reach only a part of it, by what they do, in the order in which they can be done. */
  readonly parts?: Readonly<Record<string, (mint: Mint) => unknown>>
  /** Updates that would compute with ciphertext. */
  readonly refused?: Readonly<Record<string, (mint: Mint) => unknown>>
  /** Paths of what is encrypted, for projections and conditions; by default the attribute itself. */
  readonly paths?: readonly string[]
  /** Paths that a condition may not have, since it is inside what is sealed as a whole. */
  readonly insides?: readonly string[]
  /** Whether dynamodb-toolbox itself does not update it as it should, so that there is nothing to compare with. */
  readonly notUpdated?: boolean
  /** Nothing in it could be recognized: `true`, `null`, what is empty. */
  readonly unrecognizable?: boolean
}

export const pathsOf = ({ name, paths }: Placement): readonly string[] => paths ?? [name]
