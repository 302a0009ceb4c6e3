import { AwsError } from '../aws.js'
import { kmsErrors } from './errors.js'

export type EncryptionContext = Readonly<Record<string, string>>

/** Reads and checks the members of a request's JSON, with KMS's messages for what is missing or malformed. */
export class Parameters {
  readonly #members: Readonly<Record<string, unknown>>

  constructor(body: Buffer) {
    let parsed: unknown
    try {
      parsed = body.length === 0 ? {} : JSON.parse(body.toString())
    } catch {
      throw new AwsError('SerializationException')
    }
    if (!isRecord(parsed)) throw new AwsError('SerializationException')
    this.#members = parsed
  }

  has(name: string): boolean {
    return this.#members[name] !== undefined && this.#members[name] !== null
  }

  string(name: string): string {
    return this.optionalString(name) ?? missing(name)
  }

  optionalString(name: string): string | undefined {
    return this.#read(name, 'a string', (value): value is string => typeof value === 'string')
  }

  /** A string out of a fixed set. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.optionalString(name)
    const chosen = choices.find(choice => choice === value)
    if (value !== undefined && chosen === undefined)
      throw kmsErrors.constraint(
        memberName(name),
        `'${value}'`,
        `Member must satisfy enum value set: [${choices.join(', ')}]`,
      )
    return chosen
  }

  /** A whole number within bounds, both included. */
  integer(name: string, min: number, max: number): number | undefined {
    const value = this.#read(name, 'an integer', (value): value is number => Number.isInteger(value))
    if (value !== undefined && value < min)
      throw kmsErrors.constraint(
        memberName(name),
        `'${value}'`,
        `Member must have value greater than or equal to ${min}`,
      )
    if (value !== undefined && value > max)
      throw kmsErrors.constraint(
        memberName(name),
        `'${value}'`,
        `Member must have value less than or equal to ${max}`,
      )
    return value
  }

  boolean(name: string): boolean {
    return this.#read(name, 'a boolean', (value): value is boolean => typeof value === 'boolean') ?? false
  }

  /** Base64 on the wire; its value never appears in a message. */
  bytes(name: string, maxLength: number): Buffer {
    const text = this.string(name)
    const bytes = Buffer.from(text, 'base64')
    if (bytes.length === 0)
      throw kmsErrors.constraint(
        memberName(name),
        undefined,
        'Member must have length greater than or equal to 1',
      )
    if (bytes.length > maxLength)
      throw kmsErrors.constraint(
        memberName(name),
        undefined,
        `Member must have length less than or equal to ${maxLength}`,
      )
    return bytes
  }

  encryptionContext(name = 'EncryptionContext'): EncryptionContext {
    return this.#read(name, 'a map of strings', isStringRecord) ?? {}
  }

  strings(name: string): readonly string[] | undefined {
    return this.#read(
      name,
      'a list of strings',
      (value): value is string[] => Array.isArray(value) && value.every(one => typeof one === 'string'),
    )
  }

  records(name: string): readonly Readonly<Record<string, string>>[] | undefined {
    return this.#read(
      name,
      'a list of structures',
      (value): value is Record<string, string>[] => Array.isArray(value) && value.every(isStringRecord),
    )
  }

  #read<T>(name: string, expected: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.#members[name]
    if (value === undefined || value === null) return undefined
    if (!is(value)) throw new AwsError('SerializationException', `${name} is not ${expected}`)
    return value
  }
}

/** `KeyId` is `keyId` in a validation message. */
function memberName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

function missing(name: string): never {
  throw kmsErrors.constraint(memberName(name), 'null', 'Member must not be null')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStringRecord(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every(member => typeof member === 'string')
}
