import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Format, TokenMaker } from '@dynaseal/core'
import { type ClientParts, type KnownTable, type Mover, partsOf } from '@dynaseal/document-client/mapper'
import { CliError } from '../errors.js'
import { sentence } from '../keys/reasonOf.js'
import { loadConfig } from './loadConfig.js'

/** A table of a project, in one region: what commands work on. */
export interface Target {
  readonly region: string
  /** Its name in DynamoDB. */
  readonly tableName: string
  /** Its key, its kinds of items, and where they have ciphertext; its name is the logical one. */
  readonly known: KnownTable
  readonly format: Format
  /** What makes search tokens; undefined where the client has no search keys. */
  readonly search: TokenMaker | undefined
  /** Moves items whose key is a search token. */
  readonly mover: Mover
  /** The configuration's client below the sealed one: it neither seals nor opens. */
  readonly dynamodb: Pick<DynamoDBClient, 'send'>
}

/** What is behind a sealed client of a configuration. */
export interface ClientOfRegion {
  readonly region: string
  readonly parts: ClientParts
}

/** The sealed clients of a configuration, by their regions. */
export class Project {
  constructor(private readonly clients: readonly ClientOfRegion[]) {}

  /** The default first. */
  get regions(): string[] {
    return this.clients.map(({ region }) => region)
  }

  /** Names in DynamoDB of the tables that the client of a region knows. */
  tables(region?: string): string[] {
    return [...this.client(region).parts.tables.known.keys()]
  }

  /**
   * What is behind the client of a region; default: of the configuration's first client.
   *
   * @throws {CliError} `unknown-region`
   */
  client(region?: string): ClientOfRegion {
    const client = region === undefined ? this.clients[0] : this.clients.find(one => one.region === region)
    if (client !== undefined) return client
    throw new CliError(
      'unknown-region',
      `The configuration has no client for region ${region}. It has ${this.regions.join(', ')}.`,
    )
  }

  /**
   * @param name of a table, in DynamoDB or logical
   * @param region default: that of the configuration's first client
   * @throws {CliError} `unknown-region` or `unknown-table`
   */
  target(name: string, region?: string): Target {
    const client = this.client(region)
    const { tables, format, search, mover, unsealed } = client.parts
    const known = [...tables.known].find(([added, table]) => added === name || table.name === name)
    if (known === undefined) {
      const names = this.tables(client.region)
      throw new CliError(
        'unknown-table',
        `The configuration's client for ${client.region} knows no table ${name}. ${names.length === 0 ? 'It knows none: register the entities of the table on it.' : `It knows ${names.join(', ')}.`}`,
      )
    }
    const [tableName, table] = known
    return {
      region: client.region,
      tableName,
      known: table,
      format,
      search,
      mover,
      // A document client sends the commands of the client below it as well; its types do not say so.
      dynamodb: unsealed as unknown as Pick<DynamoDBClient, 'send'>,
    }
  }
}

/** What looks at all tables of a configuration has nothing to look at, and must not say that nothing is wrong. */
export function noTables(): CliError {
  return new CliError('config', 'The clients of the configuration know no table: register their entities.')
}

/**
 * Loads a configuration, and checks it.
 *
 * @param file default: `dynaseal.config.ts` (or `.mts`, `.js`, `.mjs`) in `cwd`
 * @throws {CliError} `config`
 * @example
 * const project = await loadProject({ cwd: process.cwd() })
 * const report = await scan(project.target('users'), {})
 */
export async function loadProject({
  file,
  cwd,
}: {
  file?: string | undefined
  cwd: string
}): Promise<Project> {
  const { path, value } = await loadConfig(file, cwd)
  return projectOf(value, path)
}

/**
 * @param config what a configuration exports as its default
 * @param name how errors call it
 * @throws {CliError} `config`
 */
export async function projectOf(config: unknown, name = 'The configuration'): Promise<Project> {
  const invalid = (what: string) => new CliError('config', `${name}: ${what}`)
  const { clients } = Object(config) as { clients?: unknown }
  if (clients === undefined)
    throw invalid('its default export has no clients: export default defineConfig({ clients: [client] }).')
  const list = Array.isArray(clients) ? (clients as unknown[]) : [clients]
  if (list.length === 0) throw invalid('clients is empty.')
  const regions: ClientOfRegion[] = []
  for (const [index, client] of list.entries()) {
    const parts = partsOf(client)
    if (parts === undefined)
      throw invalid(`client ${index + 1} is no sealed client: make it with sealDocumentClient().`)
    const region = await regionOf(parts, message => invalid(`client ${index + 1} ${message}`))
    if (regions.some(one => one.region === region))
      throw invalid(
        `two clients have the region ${region}. One has all tables there; what others seal is in a configuration of its own, for --config.`,
      )
    regions.push({ region, parts })
  }
  return new Project(regions)
}

async function regionOf({ unsealed }: ClientParts, invalid: (message: string) => CliError): Promise<string> {
  try {
    return await unsealed.config.region()
  } catch (error) {
    throw invalid(
      `has no region: ${sentence((error as Error).message)} Give its DynamoDBClient one, or set AWS_REGION.`,
    )
  }
}
