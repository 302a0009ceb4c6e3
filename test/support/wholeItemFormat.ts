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
  type OpenedField,
  parseValue,
  serializeValue,
} from '@dynaseal/core'

const HEADER = 'head'
const FOOTER = 'foot'

/**
 * The seam's second user: a header attribute with a salt, a footer attribute that authenticates every attribute of
 * the item. For tests only: its keys come from one secret.
 */
export class WholeItemFormat implements Format {
  readonly wholeItems = { attributes: [HEADER, FOOTER] } as const

  constructor(private readonly secret: Uint8Array) {}

  async seal(items: readonly ItemFields<AttributeValue>[]): Promise<Uint8Array[][]> {
    return items.map(item => {
      const salt = randomBytes(32)
      const sealed = item.fields.map(({ path: [name], value }) =>
        name === HEADER || name === FOOTER ? salt : this.#encrypt(salt, value),
      )
      const footer = this.#footer(salt, item, sealed)
      return sealed.map((bytes, index) => (item.fields[index]!.path[0] === FOOTER ? footer : bytes))
    })
  }

  async open(items: readonly ItemFields<Uint8Array>[]): Promise<OpenedField[][]> {
    return items.map(item => {
      const stored = (name: string) => item.fields.find(({ path }) => path[0] === name)!.value
      const salt = stored(HEADER)
      const footer = this.#footer(
        salt,
        item,
        item.fields.map(({ value }) => value),
      )
      const found = stored(FOOTER)
      const isAuthentic = found.length === footer.length && timingSafeEqual(found, footer)
      return item.fields.map(({ path, value }): OpenedField => {
        const place = { table: item.table, keyNames: Object.keys(item.key), path }
        if (!isAuthentic)
          return { error: new FieldError('not-authentic', 'the item was changed.', { place }) }
        const isOwn = path[0] === HEADER || path[0] === FOOTER
        return { value: isOwn ? { NULL: true } : this.#decrypt(salt, value) }
      })
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
  #footer(salt: Uint8Array, { table, key, fields, item }: ItemFields<unknown>, sealed: Uint8Array[]): Buffer {
    const bytes = fields.flatMap(({ path }, index) =>
      path[0] === FOOTER ? [] : [[JSON.stringify(path), { B: sealed[index]! }]],
    )
    const all = {
      table: { S: table },
      key: { M: key },
      item: { M: item },
      fields: { M: Object.fromEntries(bytes) },
    }
    return createHmac('sha512', this.#key(salt, 'footer'))
      .update(serializeValue({ M: all as Record<string, AttributeValue> }))
      .digest()
  }
}
