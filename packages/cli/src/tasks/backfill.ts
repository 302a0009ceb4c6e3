import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Target } from '../config/project.js'
import type { Change, Left, Outcome, Planning, Task } from '../engine/task.js'
import { MAX_VALUES } from '../engine/updateItem.js'
import { CliError } from '../errors.js'
import { type EncryptedField, encryptedFields, formatAttributes, keyOf, kindOf } from '../stored/tableItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { ciphertextIn } from './ciphertextIn.js'
import { sealEach } from './sealing.js'

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

/** Seals what stands in clear where ciphertext belongs, and touches nothing else. */
export class Backfill implements Task {
  readonly name = 'backfill'
  readonly settings: Readonly<Record<string, unknown>>

  /** @throws {CliError} `usage` for an entity that there is none of */
  constructor(
    private readonly target: Target,
    private readonly options: BackfillOptions = {},
  ) {
    const { entities, unknown = false, binary = false } = options
    const names = target.known.kinds.map(({ name }) => name)
    const missing = entities?.find(name => !names.includes(name))
    if (missing !== undefined)
      throw new CliError(
        'usage',
        `Table ${target.tableName} has no entity ${missing}. It has ${names.filter(name => name !== undefined).join(', ') || 'none'}.`,
      )
    this.settings = { entities: entities === undefined ? 'all' : [...entities].sort(), unknown, binary }
  }

  async plan(items: readonly WireItem[], { signal, dataKeys: _ }: Planning): Promise<Outcome[]> {
    const { known, format } = this.target
    const wanted = items.map(item => this.#wanted(item))
    const toSeal = items.flatMap((item, index) => {
      const { fields } = wanted[index]!
      if (fields.length === 0) return []
      const place = { table: known.name, key: keyOf(known, item)! }
      return [
        {
          index,
          item,
          fields,
          seal: { ...place, fields, whole: Object.keys(formatAttributes(known, item)).length === 0 },
        },
      ]
    })
    const sealed = await sealEach(
      format,
      toSeal.map(({ seal }) => seal),
      signal,
    )
    const outcomes: Outcome[] = wanted.map(({ left }) => ({ change: undefined, left }))
    for (const [i, { index, item, fields, seal }] of toSeal.entries()) {
      const one = sealed[i]!
      const { left, remaining } = wanted[index]!
      if (typeof one === 'string') {
        outcomes[index] = { change: undefined, left: [...left, { path: undefined, reason: one }] }
        continue
      }
      const change: Change = {
        key: seal.key,
        values: fields.map(({ path, value }, j) => ({ path, from: value, to: { B: one.values[j]! } })),
        attributes: Object.entries(one.attributes).map(([name, B]) => ({ name, from: undefined, to: { B } })),
        unchanged: this.#kind(item),
        remaining,
      }
      outcomes[index] = { change, left }
    }
    return outcomes
  }

  #wanted(item: WireItem): { fields: readonly EncryptedField[]; left: readonly Left[]; remaining: number } {
    const left: Left[] = []
    const all = encryptedFields(this.target.known, item).filter(({ path, value, isObstacle }) => {
      if (isObstacle) {
        left.push({ path, reason: 'obstructed' })
        return false
      }
      if (value.B !== undefined && this.target.format.looksSealed(value.B)) return false
      const reason = this.#reasonToLeave(item, value)
      if (reason !== undefined) left.push({ path, reason })
      return reason === undefined
    })
    const fields = all.slice(0, MAX_VALUES)
    return { fields, left, remaining: all.length - fields.length }
  }

  #reasonToLeave(item: WireItem, value: AttributeValue): string | undefined {
    const { entities, unknown = false, binary = false } = this.options
    const { known, format } = this.target
    const entity = kindOf(known, item)
    if (entities !== undefined ? !entities.includes(entity!) && !(unknown && entity === undefined) : false)
      return entity === undefined ? 'unknown-entity' : 'other-entity'
    const isAnybodys = known.kindAttribute === undefined || known.kinds.some(({ name }) => name === undefined)
    if (entity === undefined && !isAnybodys && !unknown) return 'unknown-entity'
    if (value.B !== undefined && !binary) return 'binary'
    return ciphertextIn(value, format)
  }

  /** Which kind an item is decides what is sealed in it. */
  #kind(item: WireItem): Record<string, AttributeValue | undefined> {
    const { kindAttribute } = this.target.known
    return kindAttribute === undefined ? {} : { [kindAttribute]: item[kindAttribute] }
  }
}
