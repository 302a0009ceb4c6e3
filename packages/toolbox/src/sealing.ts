import type { NativeAttributeValue } from '@aws-sdk/util-dynamodb'
import type { AttributePath, AttributeValue, ItemToSeal } from '@dynaseal/core'
import {
  type AttributePattern,
  formatPath,
  isContainer,
  occurrences,
  PROTOTYPE,
  relate,
} from './attributePattern.js'
import { ToolboxError } from './errors.js'
import { formatAttributesOf, formatsOwn } from './formatAttributes.js'
import { marshallAt } from './nativeValues.js'
import { findPending, PendingSeal } from './pendingSeal.js'
import { type Item, type Place, primaryKey } from './place.js'
import type { RegisteredTable } from './registry.js'
import type { ClientSettings } from './settings.js'
import { otherAttributes } from './wholeItems.js'

interface Slot {
  readonly path: AttributePath
  readonly pending: PendingSeal
  replace(value: unknown): void
}

interface ItemSlots {
  readonly table: RegisteredTable
  readonly key: Record<string, AttributeValue>
  readonly slots: readonly Slot[]
  /** The item, if it is written as a whole. */
  readonly whole: Item | undefined
}

/** Collects the pending values of one command, and puts messages in their place all at once. */
export class Sealing {
  readonly #items: ItemSlots[] = []

  constructor(private readonly settings: ClientSettings) {}

  /**
   * Notes what is pending in an item that will be put, `holder[step]`. All of it must be nobody else's: it is changed, and
   * must not change in between.
   *
   * @throws {ToolboxError} `plaintext-refused`, `role-refused`, `not-registered`, `invalid-value`
   */
  collectItem(place: Place, holder: Item, step: string): void {
    const { table } = place
    const item = holder[step] as Item
    const attributes = formatAttributesOf(table, item)
    const names = Object.keys(attributes)
    const { format } = this.settings
    const sealed: Uint8Array[] = []
    const isCiphertext = (value: Uint8Array) => format.isSealed(value, attributes) && sealed.push(value) > 0
    this.#refusePlaintext(place, [], item, isCiphertext)
    const isPending = findPending(item) !== undefined
    // A batch sends again, as it is, what DynamoDB did not process.
    const isSealed =
      !isPending && (table.wholeItems ? names.length === table.formatAttributes.length : sealed.length > 0)
    if (isSealed && names.every(name => attributes[name] instanceof Uint8Array)) return
    if (names.length > 0) throw formatsOwn(table, names, 'plaintext-refused')
    if (!isPending && !table.wholeItems) return
    this.#note(place, [], holder, step, true)
  }

  /**
   * Notes what is pending in the value `holder[step]`, which will be written at `path` of an item of which nothing else is
   * known. As for {@link collectItem}, it must be nobody else's.
   *
   * @throws {ToolboxError} `plaintext-refused`, `role-refused`, `not-registered`, `invalid-value`
   */
  collectPart(place: Place, path: AttributePath, holder: Item, step: string): void {
    const { format } = this.settings
    this.#refusePlaintext(place, path, holder[step], value => format.isSealed(value, {}))
    if (findPending(holder[step]) !== undefined) this.#note(place, path, holder, step, false)
  }

  #refusePlaintext(
    { table, entity }: Place,
    path: AttributePath,
    value: unknown,
    isCiphertext: (value: Uint8Array) => boolean,
  ): void {
    for (const pattern of table.encrypted(entity))
      refusePlaintext({ table, entity, isCiphertext }, pattern, path, value)
  }

  #note(
    { table, key, entity }: Place,
    path: AttributePath,
    holder: Item,
    step: string,
    isWhole: boolean,
  ): void {
    const patterns = table.encrypted(entity)
    const slots = slotsIn(holder, step, path)
    if (this.settings.role === 'open') {
      throw new ToolboxError(
        'role-refused',
        `This client may only open, and ${slots[0] === undefined ? 'an item' : `'${formatPath(slots[0].path)}'`} of table ${table.name} would have to be sealed. Write it with another client.`,
      )
    }
    for (const slot of slots) {
      if (slot.path.includes(PROTOTYPE)) {
        throw new ToolboxError(
          'invalid-value',
          `'${formatPath(slot.path)}' cannot be stored: the AWS SDK loses entries named ${PROTOTYPE}. Give it another key.`,
        )
      }
      if (!patterns.some(pattern => relate(pattern, slot.path) === 'at'))
        throw notRegistered(table.name, slot.path)
    }
    const attributes = primaryKey(table, key, this.settings.marshallOptions)
    if (attributes === undefined) {
      throw new ToolboxError(
        'invalid-value',
        `An item for table ${table.name} lacks a key attribute (${table.keyNames.join(', ')}), so its encrypted fields have nothing to be bound to.`,
      )
    }
    const whole = isWhole ? (holder[step] as Item) : undefined
    this.#items.push({ table, key: attributes, slots, whole })
  }

  /**
   * A client that may only seal must not learn from what a write returns that it cannot open it: by then
   * the write has happened.
   *
   * @throws {ToolboxError} `role-refused`
   */
  guardReturnValues(table: RegisteredTable, params: Item): void {
    if (this.settings.role !== 'seal' || (table.encrypted(undefined).length === 0 && !table.wholeItems))
      return
    if (params.ReturnValues === undefined || params.ReturnValues === 'NONE') return
    throw new ToolboxError(
      'role-refused',
      `This client may only seal, and ReturnValues ${String(params.ReturnValues)} would return encrypted attributes of table ${table.name}. Leave it out.`,
    )
  }

  /** @throws {SealError} when any one value cannot be sealed: then nothing was put anywhere */
  async seal(): Promise<void> {
    if (this.#items.length === 0) return
    const sealed = await this.settings.format.seal(this.#items.map(each => this.#toSeal(each)))
    for (const [i, { slots, whole }] of this.#items.entries()) {
      const { values, attributes } = sealed[i]!
      for (const [j, slot] of slots.entries()) slot.replace(values[j])
      if (whole !== undefined) Object.assign(whole, attributes)
    }
  }

  #toSeal({ table, key, slots, whole }: ItemSlots): ItemToSeal {
    const { marshallOptions } = this.settings
    const fields = slots.map(({ path, pending }) => ({
      path,
      value: marshallAt(
        path,
        PendingSeal.plaintextOf(pending) as NativeAttributeValue,
        marshallOptions,
        PendingSeal.describeIn(pending),
      ),
    }))
    const place = { table: table.name, key, fields, whole: whole !== undefined }
    if (whole === undefined || !table.wholeItems) return place
    return { ...place, others: otherAttributes(whole, slots, marshallOptions) }
  }
}

function notRegistered(table: string, path: AttributePath): ToolboxError {
  return new ToolboxError(
    'not-registered',
    `The schema encrypts '${formatPath(path)}', but no entity registered for table ${table} does. Call register(entity) on the client that sealDocumentClient() returned.`,
  )
}

function slotsIn(
  holder: Item | unknown[],
  step: string | number,
  path: AttributePath,
  slots: Slot[] = [],
): Slot[] {
  const own = holder as Record<string | number, unknown>
  const value = own[step]
  if (value instanceof PendingSeal) {
    slots.push({
      path,
      pending: value,
      replace: next => {
        own[step] = next
      },
    })
  } else if (isContainer(value)) {
    for (const child of Array.isArray(value) ? value.keys() : Object.keys(value))
      slotsIn(value, child, [...path, child], slots)
  }
  return slots
}

/** What is written, and by which rules. */
interface Writing {
  readonly table: RegisteredTable
  readonly entity: unknown
  readonly isCiphertext: (value: Uint8Array) => boolean
}

/** A ciphertext may be written as it is: that is how a batch sends again what DynamoDB did not process. */
function mayBeWritten({ isCiphertext }: Writing, value: unknown): boolean {
  return value instanceof PendingSeal || (value instanceof Uint8Array && isCiphertext(value))
}

function refusePlaintext(
  writing: Writing,
  pattern: AttributePattern,
  path: AttributePath,
  value: unknown,
): void {
  switch (relate(pattern, path)) {
    case 'beside':
      return
    case 'below':
      throw plaintextRefused(writing.table, path)
    case 'at':
      if (!mayBeWritten(writing, value)) throw plaintextRefused(writing.table, path)
      return
    case 'above':
      refusePlaintextInside(writing, pattern.slice(path.length), path, value)
  }
}

/** A value above an encrypted path: what stands at the path must wait to be sealed, whatever holds it. */
function refusePlaintextInside(
  writing: Writing,
  rest: AttributePattern,
  path: AttributePath,
  value: unknown,
): void {
  const { table, entity } = writing
  // A Map, a Set, a string …: the schema has a container here, and none of these is looked into.
  const obstructed = (here: AttributePath, found: unknown) => {
    if (!table.mayStand(entity, here, found)) throw plaintextRefused(table, here)
  }
  if (value === undefined) return
  if (!isContainer(value)) {
    obstructed(path, value)
    return
  }
  for (const found of occurrences(value, rest, path, undefined, obstructed)) {
    if (!mayBeWritten(writing, found.value)) throw plaintextRefused(table, found.path)
  }
}

function plaintextRefused(table: RegisteredTable, path: AttributePath): ToolboxError {
  return new ToolboxError(
    'plaintext-refused',
    `'${formatPath(path)}' is encrypted in table ${table.name}, and a value in clear was about to be written there. Write it through the entity whose schema encrypts it.`,
  )
}
