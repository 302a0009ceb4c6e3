import { MrkKeyringConfigError } from './configError.js'

/** The parts of a multi-Region key's ARN. */
export interface KeyArn {
  readonly partition: string
  readonly region: string
  readonly account: string
  /** Begins with `mrk-`. */
  readonly id: string
}

export const EXAMPLE = 'arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'

const PARTITION = /^aws(-[a-z]+)*$/
const REGION = /^[a-z]+(-[a-z]+)+-\d+$/
const ACCOUNT = /^\d{12}$/
const KEY = /^key\/([0-9A-Za-z-]+)$/

export function isRegion(name: unknown): name is string {
  return typeof name === 'string' && REGION.test(name)
}

/**
 * Stricter than what AWS's own keyrings parse, which take any text between the colons: such an ARN would fail in the
 * first call, as a region that cannot be reached.
 *
 * @param option where it was given, for the error
 * @throws MrkKeyringConfigError `NOT_A_KEY_ARN`, `NOT_MULTI_REGION` or `MALFORMED_ARN`
 */
export function parseKeyArn(arn: unknown, option: string): KeyArn {
  if (typeof arn !== 'string')
    throw new MrkKeyringConfigError(
      'MALFORMED_ARN',
      `${option} is ${typeof arn === 'object' ? 'no text' : typeof arn} where the ARN of a KMS key belongs, such as ${EXAMPLE}`,
    )
  const parts = arn.split(':')
  if (parts.length === 1 && /^\S+$/.test(arn))
    throw new MrkKeyringConfigError(
      'NOT_A_KEY_ARN',
      `${arn} is ${arn.startsWith('alias/') ? 'an alias' : 'a key id'} where a key ARN is needed: give the whole ARN, ` +
        `such as ${EXAMPLE}, or let MrkKeyring.discover({ keyId }) find it`,
    )
  const wrong = whatIsWrong(arn, parts)
  if (wrong !== undefined)
    throw new MrkKeyringConfigError(
      'MALFORMED_ARN',
      `${JSON.stringify(arn)} in ${option} is not the ARN of a KMS key, ${wrong}: it should look like ${EXAMPLE}`,
    )
  const [, partition, , region, account, resource] = parts as [string, string, string, string, string, string]
  if (resource.startsWith('alias/'))
    throw new MrkKeyringConfigError(
      'NOT_A_KEY_ARN',
      `${arn} is an alias, and an encrypted data key names the key itself, so that it could never be decrypted: ` +
        'give the key ARN that the alias points to, or let MrkKeyring.discover({ keyId }) find it',
    )
  const id = resource.slice('key/'.length)
  if (!id.startsWith('mrk-'))
    throw new MrkKeyringConfigError(
      'NOT_MULTI_REGION',
      `${arn} is a single-Region key, which no other region can decrypt with: give a multi-Region key ` +
        '(its id starts with mrk-), or use the stock KmsKeyringNode',
    )
  return { partition, region, account, id }
}

/**
 * The same rule as AWS's keyrings have for their own data keys (aws-encryption-sdk-specification,
 * framework/aws-kms/aws-kms-mrk-match-for-decrypt.md): only the region may differ.
 */
export function isSameKey(a: KeyArn, b: KeyArn): boolean {
  return a.partition === b.partition && a.account === b.account && a.id === b.id
}

export function arnIn({ partition, account, id }: KeyArn, region: string): string {
  return `arn:${partition}:kms:${region}:${account}:key/${id}`
}

function whatIsWrong(arn: string, parts: readonly string[]): string | undefined {
  const [prefix, partition = '', service, region = '', account = '', resource = ''] = parts
  if (/\s/.test(arn)) return 'since it contains white space'
  if (prefix !== 'arn' || parts.length !== 6) return 'since that has six parts, of which the first is arn'
  if (!PARTITION.test(partition)) return `since ${JSON.stringify(partition)} is no partition`
  if (service !== 'kms') return `since its service is ${JSON.stringify(service)} and not kms`
  if (!REGION.test(region)) return `since ${JSON.stringify(region)} is no region`
  if (!ACCOUNT.test(account)) return `since ${JSON.stringify(account)} is no account id of 12 digits`
  if (!KEY.test(resource) && !/^alias\/[^:]+$/.test(resource)) return 'since it ends in no key/ and the id'
  return undefined
}
