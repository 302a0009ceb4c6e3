import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { AttributePath, ItemToSeal, TokenMaker } from '@dynaseal/core'
import { type ItemToken, overlap } from '@dynaseal/document-client/mapper'
import type { Target } from '../config/project.js'
import type { Left, Outcome, Planning, Task, Unchanged } from '../engine/task.js'
import { MAX_VALUES } from '../engine/updateItem.js'
import { CliError } from '../errors.js'
import {
  type EncryptedField,
  encryptedFields,
  formatAttributes,
  keyOf,
  refuseWholeItems,
} from '../stored/tableItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { ciphertextIn } from './ciphertextIn.js'
import { checkEntities, ofOthers } from './ofOthers.js'
import { sealEach } from './sealing.js'
import { type TokenChanges, tokenChanges, tokenIn, tokensOf } from './tokens.js'

export interface BackfillOptions {
  /** Names of the entities whose items are sealed. Default: all that are known. */
  readonly entities?: readonly string[] | undefined
  /**
   * Whether items are sealed that do not say of which known entity they are. They may be another application's, which cannot
   * read them afterwards. Default false.
   */
  readonly unknown?: boolean
  /**
   * Whether Binary values are sealed that do not look like ciphertext. They may be ciphertext that was damaged. Default
   * false.
   */
  readonly binary?: boolean
}

interface Wanted {
  /** All that are to be sealed, in this update or a later one. */
  readonly fields: readonly EncryptedField[]
  readonly tokens: readonly ItemToken[]
  readonly left: readonly Left[]
}

const NO_TOKENS: TokenChanges = { tokens: [], values: [], left: [] }

/** Seals what stands in clear where ciphertext belongs, writes the search tokens that are missing, and touches nothing else. */
export class Backfill implements Task {
  readonly name = 'backfill'
  readonly settings: Readonly<Record<string, unknown>>
  readonly #maker: TokenMaker | undefined

  /** @throws {CliError} `usage` for an entity that there is none of, `unsupported` for tokens in the primary key */
  constructor(
    private readonly target: Target,
    private readonly options: BackfillOptions = {},
  ) {
    refuseWholeItems(target)
    checkEntities(target, options)
    refuseKeyTokens(target)
    this.#maker = target.known.hasTokens ? target.search : undefined
    const { entities, unknown = false, binary = false } = options
    this.settings = { entities: entities === undefined ? 'all' : [...entities].sort(), unknown, binary }
  }

  async plan(items: readonly WireItem[], { signal }: Planning): Promise<Outcome[]> {
    const wanted = items.map(item => this.#wanted(item))
    const toSeal = wanted.flatMap(({ fields }, index) => (fields.length === 0 ? [] : [index]))
    const sealed = await sealEach(
      this.target.format,
      toSeal.map(index => this.#toSeal(items[index]!, wanted[index]!)),
      signal,
    )
    const sealedOf = new Map(toSeal.map((index, i) => [index, sealed[i]!]))
    const tokens = await this.#tokens(items, wanted, signal)
    return items.map((item, index): Outcome => {
      const { fields, left } = wanted[index]!
      const one = sealedOf.get(index)
      if (typeof one === 'string')
        return { change: undefined, left: [...left, { path: undefined, reason: one }] }
      const made = tokens[index]!
      const outcome = { change: undefined, left: [...left, ...made.left] }
      if (one === undefined && made.tokens.length === 0) return outcome
      const values = (one?.values ?? []).map((B, i) => {
        const { path, value } = fields[i]!
        return { path, from: value, to: { B } }
      })
      const isReplaced = ({ path }: Unchanged) => values.some(value => overlap(value.path, path))
      return {
        ...outcome,
        change: {
          key: keyOf(this.target.known, item)!,
          values,
          attributes: Object.entries(one?.attributes ?? {}).map(([name, B]) => ({
            path: [name],
            from: undefined,
            to: { B },
          })),
          tokens: made.tokens,
          unchanged: [
            ...this.#kind(item),
            ...(made.tokens.length === 0 ? [] : made.values.filter(value => !isReplaced(value))),
          ],
          remaining: fields.length - values.length,
        },
      }
    })
  }

  #toSeal(item: WireItem, { fields }: Wanted): ItemToSeal {
    const { known } = this.target
    return {
      table: known.name,
      key: keyOf(known, item)!,
      fields: fields.slice(0, MAX_VALUES),
      whole: Object.keys(formatAttributes(known, item)).length === 0,
    }
  }

  async #tokens(
    items: readonly WireItem[],
    wanted: readonly Wanted[],
    signal: AbortSignal,
  ): Promise<TokenChanges[]> {
    const changes = wanted.map(() => NO_TOKENS)
    const indexes = wanted.flatMap(({ tokens }, index) => (tokens.length === 0 ? [] : [index]))
    if (this.#maker === undefined || indexes.length === 0) return changes
    const ofItems = indexes.map(index => {
      const item = items[index]!
      return { item, key: keyOf(this.target.known, item)!, tokens: wanted[index]!.tokens }
    })
    const made = await tokenChanges(this.target, this.#maker, ofItems, signal)
    for (const [i, index] of indexes.entries()) changes[index] = made[i]!
    return changes
  }

  #wanted(item: WireItem): Wanted {
    const left: Left[] = []
    const fields = encryptedFields(this.target.known, item).filter(({ path, value, isObstacle }) => {
      if (isObstacle) {
        left.push({ path, reason: 'obstructed' })
        return false
      }
      if (value.B !== undefined && this.target.format.looksSealed(value.B)) return false
      const reason = ofOthers(this.target, this.options, item) ?? this.#reasonToLeave(value)
      if (reason !== undefined) left.push({ path, reason })
      return reason === undefined
    })
    return { fields, tokens: this.#tokensWanted(item, fields, left), left }
  }

  /** Those that are missing, those in whose place there is something else, and those of what is sealed now. */
  #tokensWanted(
    item: WireItem,
    fields: readonly EncryptedField[],
    left: readonly Left[],
  ): readonly ItemToken[] {
    if (this.#maker === undefined || ofOthers(this.target, this.options, item) !== undefined) return []
    return tokensOf(this.target, item).filter(token => {
      const { paths } = token.definition
      const isOf = ({ path }: { readonly path?: AttributePath | undefined }) =>
        path !== undefined && paths.some(part => overlap(part, path))
      // What it is of stays in clear.
      if (left.some(isOf)) return false
      return tokenIn(item, token) !== 'token' || fields.some(isOf)
    })
  }

  #reasonToLeave(value: AttributeValue): string | undefined {
    const { binary = false } = this.options
    if (value.B !== undefined && !binary) return 'binary'
    return ciphertextIn(value, this.target.format)
  }

  /** Which kind an item is decides what is sealed in it. */
  #kind(item: WireItem): Unchanged[] {
    const { kindAttribute } = this.target.known
    return kindAttribute === undefined ? [] : [{ path: [kindAttribute], value: item[kindAttribute] }]
  }
}

/** @throws {CliError} `unsupported` */
function refuseKeyTokens({ known, tableName }: Target): void {
  const [name] = known.keyTokens.keys()
  if (name === undefined) return
  throw new CliError(
    'unsupported',
    `'${name}' of table ${tableName} is a search token in the primary key. This command seals items where they are, and an item in clear is not under the token of its value: sealed there, it would not open. Put the items through the client, which gives them their keys, and delete those in clear.`,
  )
}
