import type { AttributePath, AttributeValue, ItemToSeal } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import type { ClientFeatures } from '../client/features.js'
import type { ClientSettings } from '../client/settings.js'
import { DocumentClientError } from '../errors.js'
import { formatAttributesOf, formatsOwn } from '../guards/formatAttributes.js'
import { PROTOTYPE, relate } from '../paths/attributePattern.js'
import type { CommandTokens } from '../search/commandTokens.js'
import type { KnownTable } from '../tables/knownTable.js'
import { type Item, type Place, primaryKey } from '../values/place.js'
import type { Values } from '../values/values.js'
import { holdPlaintext } from './holdPlaintext.js'
import { findPending } from './pendingSeal.js'
import { refusePlaintext, type Writing } from './plaintext.js'
import { type Slot, slotsIn } from './slots.js'

interface ItemSlots {
  readonly table: KnownTable
  /** Complete when all tokens are made. */
  readonly key: () => Record<string, AttributeValue>
  readonly slots: readonly Slot[]
  /** The item, if it is written as a whole. */
  readonly whole: Item | undefined
  readonly kind: unknown
}

/** Collects the pending values of one command, and puts messages in their place all at once. */
export class Sealing {
  readonly #items: ItemSlots[] = []
  #tokens: CommandTokens | undefined

  constructor(private readonly settings: ClientSettings) {}

  /** Those of the command, where an attribute or a key of its tables is one. */
  get tokens(): CommandTokens {
    this.#tokens ??= new this.features.search.CommandTokens(this.settings.search)
    return this.#tokens
  }

  /** Between what the client's commands have and what is planned with. */
  get items(): ClientSettings['commands']['items'] {
    return this.settings.commands.items
  }

  get features(): ClientFeatures {
    return this.settings.features
  }

  get values(): Values {
    return this.settings.values
  }

  /** Whether parts of items that are sealed as wholes are changed, and compared, by reading them first. */
  get readsFirst(): boolean {
    return this.settings.updates === 'read-change-write'
  }

  get role(): ClientSettings['role'] {
    return this.settings.role
  }

  /**
   * Notes what is pending in an item that will be put, `holder[step]`. All of it must be nobody else's: it is changed, and
   * must not change in between.
   *
   * @throws {DocumentClientError} `plaintext-refused`, `role-refused`, `not-registered`, `invalid-value`
   */
  collectItem(place: Place, holder: Item, step: string): void {
    const { table } = place
    const item = holder[step] as Item
    const attributes = formatAttributesOf(table, item)
    const names = Object.keys(attributes)
    const { format } = this.settings
    const sealed: Uint8Array[] = []
    const isCiphertext = (value: Uint8Array) => format.isSealed(value, attributes) && sealed.push(value) > 0
    this.#check(place, [], holder, step, isCiphertext)
    const isPending = findPending(item) !== undefined
    // A batch sends again, as it is, what DynamoDB did not process.
    const isSealed =
      !isPending && (table.wholeItems ? names.length === table.formatAttributes.length : sealed.length > 0)
    if (table.hasTokens) {
      const isOpaque = (value: Uint8Array) => isSealed || format.looksSealed(value)
      this.features.search.storeTokens(place, item, this.tokens, this.values, isOpaque)
    }
    if (isSealed && names.every(name => attributes[name] instanceof Uint8Array)) return
    if (names.length > 0) throw formatsOwn(table, names, 'plaintext-refused')
    if (!isPending && !table.wholeItems) return
    this.note(place, [], holder, step, true)
  }

  /**
   * Notes what is pending in the value `holder[step]`, which will be written at `path` of an item of which nothing else is
   * known. As for {@link collectItem}, it must be nobody else's.
   *
   * @throws {DocumentClientError} `plaintext-refused`, `role-refused`, `not-registered`, `invalid-value`
   */
  collectPart(place: Place, path: AttributePath, holder: Item, step: string): void {
    this.#check(place, path, holder, step, value => this.settings.format.isSealed(value, {}))
    if (findPending(holder[step]) !== undefined) this.note(place, path, holder, step, false)
  }

  /** That nothing stays in clear; where that is to be sealed, it becomes pending first. */
  #check(
    { table, kind }: Place,
    path: AttributePath,
    holder: Item,
    step: string,
    isCiphertext: (value: Uint8Array) => boolean,
  ): void {
    const looksSealed = (value: Uint8Array) => this.settings.format.looksSealed(value)
    const writing: Writing = { table, kind, isCiphertext, looksSealed }
    if (table.takesPlaintext) holdPlaintext(writing, path, holder, step)
    for (const pattern of table.encrypted(kind)) refusePlaintext(writing, pattern, path, holder[step])
  }

  /**
   * Notes all that is pending in the value `holder[step]`, where it may be: at `patterns`.
   *
   * @param isWhole whether that is an item which is written as a whole
   * @throws {DocumentClientError} `role-refused`, `not-registered`, `invalid-value`
   */
  note(
    { table, key, kind }: Place,
    path: AttributePath,
    holder: Item,
    step: string,
    isWhole: boolean,
    patterns = table.encrypted(kind),
  ): void {
    const slots = slotsIn(holder, step, path)
    if (this.settings.role === 'open') {
      throw new DocumentClientError(
        'role-refused',
        `This client may only open, and ${slots[0] === undefined ? 'an item' : `'${formatPath(slots[0].path)}'`} of table ${table.name} would have to be sealed. Write it with another client.`,
      )
    }
    for (const slot of slots) {
      if (slot.path.includes(PROTOTYPE)) {
        throw new DocumentClientError(
          'invalid-value',
          `'${formatPath(slot.path)}' cannot be stored: the AWS SDK loses entries named ${PROTOTYPE}. Give it another key.`,
        )
      }
      if (!patterns.some(pattern => relate(pattern, slot.path) === 'at')) {
        const problem = table.dialect.notEncrypted(formatPath(slot.path), table.name)
        throw new DocumentClientError('not-registered', problem)
      }
    }
    const whole = isWhole ? (holder[step] as Item) : undefined
    const attributes = table.keyTokens.size > 0 ? undefined : this.#keyOf(table, key)
    this.#items.push({ table, key: () => attributes ?? this.#keyOf(table, key), slots, whole, kind })
  }

  #keyOf(table: KnownTable, key: Item): Record<string, AttributeValue> {
    const attributes = primaryKey(table, key, this.settings.values)
    if (attributes !== undefined) return attributes
    throw new DocumentClientError(
      'invalid-value',
      `An item for table ${table.name} lacks a key attribute (${table.keyNames.join(', ')}), so its encrypted fields have nothing to be bound to.`,
    )
  }

  /**
   * A client that may only seal must not learn from what a write returns that it cannot open it: by then
   * the write has happened.
   *
   * @throws {DocumentClientError} `role-refused`
   */
  guardReturnValues(table: KnownTable, params: Item): void {
    if (this.settings.role !== 'seal' || (table.encrypted(undefined).length === 0 && !table.wholeItems))
      return
    if (params.ReturnValues === undefined || params.ReturnValues === 'NONE') return
    throw new DocumentClientError(
      'role-refused',
      `This client may only seal, and ReturnValues ${String(params.ReturnValues)} would return encrypted attributes of table ${table.name}. Leave it out.`,
    )
  }

  /**
   * @param locate runs when all tokens are made: what is sealed is bound to the key that it finds
   * @throws {SealError} when any one value cannot be sealed: then nothing was sealed
   * @throws {SearchError} when any one token cannot be made, likewise
   */
  async seal(locate: () => Promise<void> = async () => {}): Promise<void> {
    // First: a format that seals items as wholes seals tokens, too.
    const making = this.#tokens?.make()
    if (making !== undefined) await making
    await locate()
    if (this.#items.length === 0) return
    const sealed = await this.settings.format.seal(this.#items.map(each => this.#toSeal(each)))
    for (const [i, { slots, whole }] of this.#items.entries()) {
      const { values, attributes } = sealed[i]!
      for (const [j, slot] of slots.entries()) slot.replace(values[j])
      if (whole !== undefined) Object.assign(whole, attributes)
    }
  }

  #toSeal({ table, key, slots, whole, kind }: ItemSlots): ItemToSeal {
    const { values } = this.settings
    const fields = slots.map(({ path, plaintext, describe }) => ({
      path,
      value: values.attributeAt(path, plaintext, describe),
    }))
    const place = { table: table.name, key: key(), fields, whole: whole !== undefined }
    if (whole === undefined || !table.wholeItems) return place
    const others = this.features.wholeItems.otherAttributes(whole, slots, values)
    // A key is bound to as every key is.
    const tokens = table
      .tokens(kind)
      .filter(token => !table.isKeyToken(token))
      .map(({ path: [name] }) => name as string)
    return { ...place, partitionKey: table.keyNames[0], others, tokens }
  }
}
