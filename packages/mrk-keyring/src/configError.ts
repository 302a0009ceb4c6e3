/**
 * What is wrong with the options of a keyring, or with how it was bundled (`MATERIALS_NOT_LOADED`); stable across
 * releases.
 */
export type MrkKeyringConfigErrorCode =
  | 'NO_KEY'
  | 'NOT_A_KEY_ARN'
  | 'NOT_MULTI_REGION'
  | 'MALFORMED_ARN'
  | 'DIFFERENT_KEYS'
  | 'DUPLICATE_REGION'
  | 'BAD_OPTION'
  | 'MATERIALS_NOT_LOADED'

/**
 * Options that no keyring can be built from. The message says what to give instead.
 *
 * ```ts
 * try {
 *   new MrkKeyring({ keyArns: ['alias/customers'] })
 * } catch (error) {
 *   if (error instanceof MrkKeyringConfigError && error.code === 'NOT_A_KEY_ARN') process.exitCode = 78
 * }
 * ```
 */
export class MrkKeyringConfigError extends Error {
  override readonly name = 'MrkKeyringConfigError'
  readonly code: MrkKeyringConfigErrorCode

  constructor(code: MrkKeyringConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
