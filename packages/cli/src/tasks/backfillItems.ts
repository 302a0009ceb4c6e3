import { describeStored } from '@dynaseal/core'
import { ITEM_ATTRIBUTES } from '@dynaseal/db-esdk'
import type { Target } from '../config/project.js'
import { type Left, NOTHING, type Outcome, type Planning, type Task } from '../engine/task.js'
import { encryptedFields } from '../stored/tableItem.js'
import { hasItemAttributes } from '../stored/wholeItem.js'
import type { WireItem } from '../stored/wireItem.js'
import type { BackfillOptions } from './backfill.js'
import { lacksToken, refuseKeyTokensOfWholes, withTokens } from './itemTokens.js'
import { checkEntities, ofOthers } from './ofOthers.js'
import { andThen, type Become, replacing } from './replacing.js'
import { withTokensAnew } from './rewrapItemTokens.js'
import { storedItems } from './wholeItems.js'

/**
 * Seals items in clear as wholes: those that have neither header nor footer. Writes their search tokens, and those that are
 * missing in items that are sealed.
 */
export class BackfillItems implements Task {
  readonly name = 'backfill'
  readonly settings: Readonly<Record<string, unknown>>

  /** @throws {CliError} `usage` for an entity that there is none of, `unsupported` for tokens in the primary key */
  constructor(
    private readonly target: Target,
    private readonly options: BackfillOptions = {},
  ) {
    checkEntities(target, options)
    refuseKeyTokensOfWholes(target)
    const { entities, unknown = false, binary = false } = options
    this.settings = {
      items: true,
      entities: entities === undefined ? 'all' : [...entities].sort(),
      unknown,
      binary,
    }
  }

  async plan(items: readonly WireItem[], { signal }: Planning): Promise<Outcome[]> {
    const { target } = this
    const left = items.map(item => this.#left(item))
    const isSealed = items.map(hasItemAttributes)
    const sealed = await replacing(
      target,
      items,
      (item, index) =>
        left[index] === undefined &&
        isSealed[index]! &&
        ofOthers(target, this.options, item) === undefined &&
        lacksToken(target, item),
      wanted => withTokensAnew(target, wanted, signal),
    )
    const inClear = await replacing(
      target,
      items,
      (_, index) => left[index] === undefined && !isSealed[index]!,
      wanted => this.#sealed(wanted, signal),
    )
    return items.map((_, index) => {
      const reasons = left[index]
      if (reasons !== undefined) return { change: undefined, left: reasons }
      return isSealed[index]! ? sealed[index]! : (inClear[index] ?? NOTHING)
    })
  }

  async #sealed(items: readonly WireItem[], signal: AbortSignal): Promise<readonly Become[]> {
    return andThen(await withTokens(this.target, items, signal), ready =>
      storedItems(this.target, ready, signal),
    )
  }

  /** Undefined for one that is to be sealed, or is. */
  #left(item: WireItem): readonly Left[] | undefined {
    if (hasItemAttributes(item)) {
      const isWhole = ITEM_ATTRIBUTES.every(name => item[name] !== undefined)
      return isWhole ? undefined : [{ path: undefined, reason: 'missing-envelope' }]
    }
    const reason = ofOthers(this.target, this.options, item)
    if (reason !== undefined) return [{ path: undefined, reason }]
    const left = encryptedFields(this.target.known, item).flatMap(({ path, value }): Left[] => {
      if (value.B === undefined) return []
      if (isOfFields(value.B)) return [{ path, reason: 'other-format' }]
      return this.options.binary === true ? [] : [{ path, reason: 'binary' }]
    })
    return left.length === 0 ? undefined : left
  }
}

function isOfFields(bytes: Uint8Array): boolean {
  try {
    describeStored(bytes)
    return true
  } catch {
    return false
  }
}
