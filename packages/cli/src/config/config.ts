import type { SealedClient } from '@dynaseal/document-client'

/** Of document clients and of clients of attribute values. */
export type AnySealedClient = Pick<SealedClient, 'statistics'>

/** What `dynaseal.config.ts` exports as its default. */
export interface Config {
  /**
   * Sealed clients, with all entities of their tables registered: one, or one for each region, the default first. Each
   * command goes through one of them, so its credentials and its keyring are what counts.
   */
  readonly clients: AnySealedClient | readonly AnySealedClient[]
}

/**
 * The configuration as it is; for its type.
 *
 * @example
 * export default defineConfig({ clients: [east, west] })
 */
export function defineConfig(config: Config): Config {
  return config
}
