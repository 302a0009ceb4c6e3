// The eleven ways in which a plugin of this kind goes wrong, each with the proof in this folder that this one does not.
// The users stand for the tests of the file which imports this; each has a table of its own.
import { inspect } from 'node:util'
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { EngineUnavailableError } from '@dynaseal/local-cloud'
import type { SealedDocumentClient } from '@dynaseal/toolbox'
import { EntityRepository } from 'dynamodb-toolbox'
import { expect } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { withTablePerTest } from '../../support/tablePerTest.js'
import { userEntity } from '../../support/user.js'
import { createWorld, EAST, type World } from '../../support/world.js'

export let world: World
export let client: SealedDocumentClient
export let User: ReturnType<typeof userEntity>['User']
export let Users: ReturnType<typeof userEntity>['Users']
export let users: ReturnType<typeof repositoryOf>
/** Without them some pitfalls cannot be run into, and their tests are skipped with the reason. */
export let hasTransactions = true
export let tableName: string
export const SECRET = 'the secret plaintext'
export const NUMBER = 48151623.42
export const key = { pk: 'a', sk: '1' }
export const secret = (sk = '1') => ({ pk: 'a', sk, text: SECRET })
export const NO_TRANSACTIONS =
  'dynoxide is not installed on this machine, and dynalite has neither transactions nor items in errors'
export const ciphertext = expect.any(Uint8Array)
export const consistent = true

withTablePerTest(
  (made, name) => {
    world = made
    tableName = name
    client = world.sealedClient(EAST)
    ;({ User, Users } = userEntity(client, tableName))
    users = repositoryOf(client)
  },
  () =>
    createWorld({ engine: 'dynoxide' }).catch((error: unknown) => {
      if (!(error instanceof EngineUnavailableError)) throw error
      hasTransactions = false
      return createWorld()
    }),
)

export function repositoryOf(documentClient: SealedDocumentClient) {
  return userEntity(documentClient, tableName).User.build(EntityRepository)
}
export const load = async () => (await users.get(key, { consistent })).Item
/** As everybody sees it who has no key. */
export const stored = async (Key: object = key) => {
  const get = new GetCommand({ TableName: tableName, Key: { ...Key }, ConsistentRead: true })
  return (await world.rawClient(EAST).send(get)).Item as Record<string, unknown>
}
/** As somebody writes who may write the table, and has no key. */
export const plant = (Item: Record<string, unknown>) =>
  world.rawClient(EAST).send(new PutCommand({ TableName: tableName, Item }))
export const thrownBy = async (attempt: () => unknown): Promise<unknown> => {
  const outcome = await (async () => attempt())().then(
    () => expect.unreachable('It did not fail.'),
    (error: unknown) => error,
  )
  expect(leaks([Buffer.from(inspect(outcome, { depth: 9, showHidden: true }))], [SECRET])).toEqual([])
  return outcome
}
