import {
  DecryptCommand,
  type DecryptCommandOutput,
  DescribeKeyCommand,
  type DescribeKeyCommandOutput,
  GenerateDataKeyCommand,
  type GenerateDataKeyCommandOutput,
  type KeyMetadata,
  ListAliasesCommand,
  type ListAliasesCommandOutput,
} from '@aws-sdk/client-kms'
import type { Failure } from '../failure.js'
import type { Context, FailedUse, KeyFacts, SeenReplica } from '../seen.js'
import { type Answer, ask, type Limits, type Sender } from '../wire.js'
import type { KeyAccess } from './keyAccess.js'

/** What the application does with a key for one table. */
export interface Use {
  /** Logical name. */
  readonly table: string
  /** Without values of items. */
  readonly context: Context
  /** All of it. */
  readonly asked: Context
  readonly seals: boolean
  readonly opens: boolean
}

/** A data key that was made here, encrypted. */
export interface Made {
  readonly region: string
  readonly ciphertext: Uint8Array
  readonly context: Context
}

/** A replica, and what is needed to go on with it. */
export interface LookedAt {
  readonly seen: SeenReplica
  /** Names of its aliases. */
  readonly aliases: readonly string[] | undefined
  readonly made: readonly Made[]
  /** Whether all that was tried worked. */
  readonly isFine: boolean
}

/** A replica of a key, asked as the keyring would ask it. */
export class ReplicaCalls {
  #ms: number | undefined
  #skewMs: number | undefined

  constructor(
    readonly region: string,
    readonly arn: string,
    private readonly access: KeyAccess,
    private readonly limits: Limits,
  ) {}

  /** Milliseconds of the quickest answer. */
  get ms(): number | undefined {
    return this.#ms
  }

  get skewMs(): number | undefined {
    return this.#skewMs
  }

  describe(KeyId = this.arn): Promise<Answer<DescribeKeyCommandOutput>> {
    return this.#ask('kms:DescribeKey', () => new DescribeKeyCommand({ KeyId }))
  }

  /** Names of the aliases that the key has in this region. */
  async aliases(): Promise<{ names?: readonly string[]; failure?: Failure }> {
    const names: string[] = []
    let Marker: string | undefined
    do {
      const input = { KeyId: this.arn, ...(Marker === undefined ? {} : { Marker }) }
      const { output, failure } = await this.#ask<ListAliasesCommandOutput>(
        'kms:ListAliases',
        () => new ListAliasesCommand(input),
      )
      if (failure !== undefined) return { failure }
      names.push(...(output?.Aliases ?? []).flatMap(({ AliasName }) => AliasName ?? []))
      Marker = output?.Truncated ? output.NextMarker : undefined
    } while (Marker !== undefined)
    return { names }
  }

  /** A dry run, and then for real. */
  async generate(context: Context): Promise<{ ciphertext?: Uint8Array; failure?: Failure }> {
    const input = {
      KeyId: this.arn,
      KeySpec: 'AES_256' as const,
      EncryptionContext: { ...context },
      ...this.#grantTokens,
    }
    const dry = await this.#ask(
      'kms:GenerateDataKey',
      () => new GenerateDataKeyCommand({ ...input, DryRun: true }),
    )
    const refused = refusal(dry)
    if (refused !== undefined) return { failure: refused }
    const { output, failure } = await this.#ask<GenerateDataKeyCommandOutput>(
      'kms:GenerateDataKey',
      () => new GenerateDataKeyCommand(input),
    )
    output?.Plaintext?.fill(0)
    if (failure !== undefined) return { failure }
    return { ciphertext: output!.CiphertextBlob! }
  }

  /** A dry run, and then for real. */
  async decrypt(CiphertextBlob: Uint8Array, context: Context): Promise<Failure | undefined> {
    const input = {
      KeyId: this.arn,
      CiphertextBlob,
      EncryptionContext: { ...context },
      ...this.#grantTokens,
    }
    const refused = refusal(
      await this.#ask('kms:Decrypt', () => new DecryptCommand({ ...input, DryRun: true })),
    )
    if (refused !== undefined) return refused
    const { output, failure } = await this.#ask<DecryptCommandOutput>(
      'kms:Decrypt',
      () => new DecryptCommand(input),
    )
    output?.Plaintext?.fill(0)
    return failure
  }

  get #grantTokens() {
    const { grantTokens } = this.access
    return grantTokens === undefined ? {} : { GrantTokens: [...grantTokens] }
  }

  async #ask<O>(action: string, make: () => object): Promise<Answer<O>> {
    const answer = await ask<O>(this.access.client(this.region) as Sender, action, make, this.limits)
    if (answer.ms !== undefined) this.#ms = Math.min(answer.ms, this.#ms ?? answer.ms)
    this.#skewMs ??= answer.skewMs
    return answer
  }
}

/** A dry run ends with an error in any case: one says that it would have worked ("DryRun" in the KMS API reference). */
function refusal({ failure }: Answer<unknown>): Failure | undefined {
  return failure?.reason.startsWith('DryRunOperationException') ? undefined : failure
}

/** Looks at a replica, and does with it what the application does. */
export async function lookAtReplica(
  calls: ReplicaCalls,
  attemptTimeout: number,
  uses: readonly Use[],
): Promise<LookedAt> {
  const tried: Tried = { failed: [], made: [], unproven: [] }
  const described = await calls.describe()
  const description = described.output?.KeyMetadata && factsOf(described.output.KeyMetadata)
  // What may not be described may still be used. After any other failure, to ask on is of no use.
  const failure = described.failure?.kind === 'denied' ? undefined : described.failure
  const aliases = failure === undefined ? await calls.aliases() : {}
  const isUsable = failure === undefined && (description === undefined || canBeUsed(description))
  if (isUsable) for (const use of uses) await tryUse(calls, use, tried)
  const denied = [described.failure, aliases.failure].flatMap(one => (one?.kind === 'denied' ? [one] : []))
  return {
    seen: {
      region: calls.region,
      arn: calls.arn,
      description,
      failure,
      notDescribed: denied,
      uses: tried.failed,
      unproven: tried.unproven,
      ms: calls.ms,
      skewMs: calls.skewMs,
      attemptTimeout,
    },
    aliases: aliases.names,
    made: tried.made,
    isFine: isUsable && tried.failed.length === 0,
  }
}

interface Tried {
  readonly failed: FailedUse[]
  readonly made: Made[]
  readonly unproven: string[]
}

/** While its primary moves to another region, a key can be used ("Key states" in the KMS developer guide). */
function canBeUsed({ state, usage }: KeyFacts): boolean {
  return usage === 'ENCRYPT_DECRYPT' && (state === 'Enabled' || state === 'Updating')
}

async function tryUse(
  calls: ReplicaCalls,
  { table, context, asked, seals, opens }: Use,
  { failed, made, unproven }: Tried,
): Promise<void> {
  const { ciphertext, failure } = await calls.generate(asked)
  if (ciphertext === undefined) {
    if (seals || failure!.kind !== 'denied') failed.push({ table, context, failure: failure! })
    else if (opens) unproven.push(table)
    return
  }
  made.push({ region: calls.region, ciphertext, context: asked })
  const notOpened = opens ? await calls.decrypt(ciphertext, asked) : undefined
  if (notOpened !== undefined) failed.push({ table, context, failure: notOpened })
}

function factsOf(metadata: KeyMetadata): KeyFacts {
  const { KeyState = '', KeyUsage = '', KeySpec = '', DeletionDate, MultiRegionConfiguration } = metadata
  const { PrimaryKey, ReplicaKeys = [] } = MultiRegionConfiguration ?? {}
  return {
    state: KeyState,
    usage: KeyUsage,
    spec: KeySpec,
    deletion: DeletionDate,
    replicas: [PrimaryKey, ...ReplicaKeys].flatMap(key =>
      key?.Region === undefined || key.Arn === undefined ? [] : [{ region: key.Region, arn: key.Arn }],
    ),
  }
}
