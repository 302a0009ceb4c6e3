export const EAST = 'us-east-1'
export const WEST = 'us-west-2'
export const ACCOUNT = '000000000000'
export const UNKNOWN = '12345678-1234-1234-1234-123456789012'
export const UNKNOWN_MRK = `mrk-${'0'.repeat(32)}`

export const arn = (keyId: string, region = EAST) => `arn:aws:kms:${region}:${ACCOUNT}:key/${keyId}`

/** Keys in all the conditions that a case may need. */
/** The keys of the local cloud. */
export interface World {
  readonly single: string
  readonly other: string
  readonly mrk: string
  readonly mrkEastOnly: string
  readonly disabled: string
  readonly pending: string
  readonly hmac: string
  /** Base64, by `single`, with context { tenant: 'acme' }. */
  readonly blob: string
  /** By `mrkEastOnly`. */
  readonly eastBlob: string
  /** By `disabled`, before it was. */
  readonly disabledBlob: string
}

/** One request that is refused. */
export interface KmsCase {
  readonly when: string
  readonly region?: string
  readonly operation: string
  readonly input: (world: World) => unknown
  readonly status?: number
  readonly error: string
  /** Undefined: none. */
  readonly message?: (world: World) => string
}

export const NOT_FOUND = 'NotFoundException'
export const INVALID_STATE = 'KMSInvalidStateException'
export const VALIDATION = 'ValidationException'
export const generate = (KeyId: string) => ({ KeyId, KeySpec: 'AES_256' })
export const text = (value: string) => Buffer.from(value).toString('base64')
