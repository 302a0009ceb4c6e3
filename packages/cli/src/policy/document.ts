/** By operator, and by the key that it compares: what it compares with. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/** One statement of a policy (IAM user guide, "IAM JSON policy elements"). All of them allow something. */
export interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow'
  /** In key policies alone. */
  readonly Principal?: { readonly AWS: string }
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Conditions
}

export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

type Pairs = Readonly<Record<string, string | readonly string[]>>

/** That the encryption context of a request to KMS has such pairs. */
export function hasContext(pairs: Pairs): Conditions {
  const entries = Object.entries(pairs).map(([name, value]) => [
    `kms:EncryptionContext:${name}`,
    [value].flat().map(literal),
  ])
  return { StringEquals: Object.fromEntries(entries) }
}

/** That it has none of a name. */
export function hasNo(name: string): Conditions {
  return { Null: { [`kms:EncryptionContext:${name}`]: ['true'] } }
}

/** That it has one of a name, whatever its value. */
export function hasAny(name: string): Conditions {
  return { Null: { [`kms:EncryptionContext:${name}`]: ['false'] } }
}

/** In conditions, `${` begins a policy variable (IAM user guide, "IAM policy elements: Variables and tags"). */
function literal(value: string): string {
  return value.replaceAll(/\$(?=\{)/g, mark => `${mark}{${mark}}`)
}
