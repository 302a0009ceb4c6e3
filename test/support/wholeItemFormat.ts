import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import {
  type AttributeValue,
  FieldError,
  type Format,
  type ItemFields,
  type ItemToOpen,
  type ItemToSeal,
  type OpenedField,
  type OpenedItem,
  parseValue,
  type SealedItem,
  serializeValue,
} from '@dynaseal/core'

const HEADER = 'head'
const FOOTER = 'foot'

/**
 * A format that seals items as wholes: a header attribute with a salt, a footer attribute that authenticates every
 * attribute of the item. For tests only: its keys come from one secret.
 */
export class WholeItemFormat implements Format {
  readonly attributes = [HEADER, FOOTER]
  readonly wholeItems = true

  constructor(private readonly secret: Uint8Array) {}

  looksSealed(): boolean {
    return false
  }

  isSealed(_value: Uint8Array, attributes: Readonly<Record<string, unknown>>): boolean {
    return HEADER in attributes && FOOTER in attributes
  }

  async seal(items: readonly ItemToSeal[]): Promise<SealedItem[]> {
    return items.map(item => {
      if (item.whole !== true) throw new Error('A part of an item cannot be sealed.')
      const salt = randomBytes(32)
      const values = item.fields.map(({ value }) => this.#encrypt(salt, value))
      return { values, attributes: { [HEADER]: salt, [FOOTER]: this.#footer(salt, item, values) } }
    })
  }

  async open(items: readonly ItemToOpen[]): Promise<OpenedItem[]> {
    return items.map(item => {
      const salt = item.attributes![HEADER] as Uint8Array
      const found = item.attributes![FOOTER] as Uint8Array
      const footer = this.#footer(
        salt,
        item,
        item.fields.map(({ value }) => value),
      )
      if (found.length !== footer.length || !timingSafeEqual(found, footer)) {
        const place = { table: item.table, keyNames: Object.keys(item.key), path: [FOOTER] }
        const error = new FieldError('not-authentic', 'the item was changed.', { place })
        return { fields: item.fields.map((): OpenedField => ({ error })), error }
      }
      return { fields: item.fields.map(({ value }): OpenedField => ({ value: this.#decrypt(salt, value) })) }
    })
  }

  #key(salt: Uint8Array, purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha512', this.secret, salt, purpose, 32))
  }

  #encrypt(salt: Uint8Array, value: AttributeValue): Buffer {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key(salt, 'encrypt'), iv)
    return Buffer.concat([iv, cipher.update(serializeValue(value)), cipher.final(), cipher.getAuthTag()])
  }

  #decrypt(salt: Uint8Array, bytes: Uint8Array): AttributeValue {
    const decipher = createDecipheriv('aes-256-gcm', this.#key(salt, 'encrypt'), bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(-16))
    return parseValue(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]))
  }

  /** Over table, key, the item around the fields, and the bytes of each field at its path. */
  #footer(
    salt: Uint8Array,
    { table, key, fields, others }: ItemFields<unknown>,
    sealed: readonly Uint8Array[],
  ): Buffer {
    const bytes = fields.map(({ path }, index) => [JSON.stringify(path), { B: sealed[index]! }])
    const all = {
      table: { S: table },
      key: { M: key },
      others: { M: others },
      fields: { M: Object.fromEntries(bytes) },
    }
    return createHmac('sha512', this.#key(salt, 'footer'))
      .update(serializeValue({ M: all as Record<string, AttributeValue> }))
      .digest()
  }
}
