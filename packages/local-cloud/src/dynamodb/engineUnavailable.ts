/** dynoxide cannot run here: there is no package of it for this platform, or its binary does not start. */
export class EngineUnavailableError extends Error {
  readonly engine = 'dynoxide'
  /** As in package names: `linux-x64`. */
  readonly platform: string

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'EngineUnavailableError'
    this.platform = platform()
  }
}

export const platform = () => `${process.platform}-${process.arch}`
