import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { type SealedDocumentClient, type SealOptions, sealDocumentClient } from '@dynaseal/toolbox'
import { optionsOfRun } from '../../support/formatOfRun.js'
import type { World } from '../../support/world.js'
import { NUMBERS } from './tables.js'
import type { Watch } from './watch.js'

/**
 * A sealed client whose requests pass the recording proxy, in an application that looks at all it can: at every
 * command, and at what the SDK gives its logger.
 *
 * @param itemsInClear whether what it reads was not sealed
 */
export function watchedClient(
  world: World,
  region: string,
  options: Partial<SealOptions>,
  watch: () => Watch | undefined,
  { itemsInClear = false } = {},
): SealedDocumentClient {
  // What is stored in clear comes back in clear, and the SDK logs it.
  const log = ({ output, error, ...entry }: { output?: unknown; error?: unknown }) =>
    watch()?.see("the SDK's logger", itemsInClear ? entry : { ...entry, output, error })
  const base = new DynamoDBClient({
    ...world.config(region),
    logger: { trace: log, debug: log, info: log, warn: log, error: log },
  })
  const sealed = sealDocumentClient(DynamoDBDocumentClient.from(base, NUMBERS), {
    keyring: world.keyring(region),
    ...optionsOfRun,
    ...options,
  })
  const looking = Object.create(sealed) as SealedDocumentClient
  const send = sealed.send.bind(sealed) as (...args: unknown[]) => Promise<unknown>
  Object.defineProperty(looking, 'send', {
    value: async (command: { input: object }, ...rest: unknown[]) => {
      try {
        return await send(command, ...rest)
      } finally {
        // It is as it was before it was sent: what is to be sealed is pending still.
        watch()?.seeCommand(command)
      }
    },
  })
  return looking
}
