// What a developer forgets, or mixes up. Nothing may be sent in clear or come out as ciphertext, and whoever
// reads the error, knowing nothing of this package, must find in it what to do.
// The world stands for the tests of the file which imports this; each has a table of its own.
import { inspect } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, type TranslateConfig } from '@aws-sdk/lib-dynamodb'
import type { SealedDocumentClient } from '@dynaseal/toolbox'
import { PutItemCommand } from 'dynamodb-toolbox'
import { expect } from 'vitest'
import { SECRET, ssnEntity, STORED as stored } from '../../support/attempts.js'
import { leaks } from '../../support/recordingProxy.js'
import { withTablePerTest } from '../../support/tablePerTest.js'
import { EAST, type World } from '../../support/world.js'

export let world: World
/** What is right: wrapped and registered. */
export let sealed: SealedDocumentClient
export let User: ReturnType<typeof userOf>
export let tableName: string
export const key = { pk: 'a', sk: '1' }

withTablePerTest(async (made, name) => {
  world = made
  tableName = name
  sealed = world.sealedClient(EAST)
  User = userOf(sealed)
  sealed.register(User)
  await User.build(PutItemCommand)
    .item({ ...stored, ssn: SECRET, address: { city: SECRET } })
    .send()
})

export const userOf = (documentClient: DynamoDBDocumentClient, name = tableName, entity = 'User') =>
  ssnEntity(documentClient, name, entity)

export const unwrapped = (translate?: TranslateConfig) =>
  DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)), translate)

/** Fails, and neither the wire nor the error has the plaintext, nor the error the ciphertext. */
export async function closed(attempt: () => unknown): Promise<Error & { code?: string }> {
  let outcome: unknown
  try {
    outcome = await attempt()
  } catch (error) {
    const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)
    expect(leaks([...world.proxy.sent, Buffer.from(shown)], [SECRET])).toEqual([])
    expect(shown).not.toMatch(/Uint8Array\(\d{3}/)
    return error as Error
  }
  throw new Error(`It did not fail: ${inspect(outcome)}`)
}
