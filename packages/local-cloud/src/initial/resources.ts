/** A key that is there when the local cloud starts: CreateKey's input, where it goes and what it is called. */
export interface InitialKey {
  /** `alias/...`, in every region of the key. Either this or `KeyId` is needed, to find the key again. */
  readonly AliasName?: string
  /** `mrk-` and 32 hexadecimal digits for a multi-Region key, else a UUID. Default: a new one. */
  readonly KeyId?: string
  /** Where the primary key is. Default: the first region. */
  readonly Region?: string
  readonly ReplicaRegions?: readonly string[]
  /** Default: whether it has `ReplicaRegions` or a `KeyId` that starts with `mrk-`. */
  readonly MultiRegion?: boolean
  readonly KeySpec?: string
  readonly KeyUsage?: string
  readonly Description?: string
  readonly Policy?: string
  readonly Tags?: readonly { readonly TagKey: string; readonly TagValue: string }[]
}

/** A table that is there when the local cloud starts: CreateTable's input, and where it goes. */
export interface InitialTable {
  readonly TableName: string
  /** Where it is created first. Default: the first region. */
  readonly Region?: string
  readonly ReplicaRegions?: readonly string[]
  readonly TimeToLiveSpecification?: { readonly AttributeName: string; readonly Enabled: true }
  /** The other members of CreateTable's input: AttributeDefinitions, KeySchema and so on. */
  readonly [member: string]: unknown
}

export interface InitialResources {
  readonly keys: readonly InitialKey[]
  readonly tables: readonly InitialTable[]
}

/** A key that was there at the start or made then. */
export interface KeyReference {
  readonly keyId: string
  readonly aliasName?: string
  /** By region; all that the key is in. */
  readonly arns: Readonly<Record<string, string>>
}

/** A key or table cannot be as it is described. The message starts with where: `keys[0].AliasName`. */
export class InitialResourceError extends RangeError {
  /** For example `keys[0].AliasName`. */
  readonly path: string

  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options)
    this.name = 'InitialResourceError'
    this.path = path
  }
}
