import { inspect } from 'node:util'
import { encrypted } from '@dynaseal/toolbox'
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leaks } from '../../support/scanner/plaintexts.js'
import { Mint } from '../../support/scanner/sentinels.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { entities } from './entities.js'
import { on } from './loose.js'
import type { Seal } from './placement.js'
import { contextOf, replacing } from './row.js'
import { createMatrixTable } from './tables.js'
import { watchedClient } from './watchedClient.js'

// In a file of its own: the SDK keeps the last request in a buffer that all clients of a process share, and here
// every client seals.
let world: World

beforeAll(async () => {
  world = await createWorld()
  await createMatrixTable(world, 'matrix-clients')
})
afterAll(() => world.stop())

test('no secret can be read out of a client that has written, failed and read', async () => {
  const client = watchedClient(world, EAST, {}, () => undefined)
  const { Everything } = entities(client, 'matrix-clients', encrypted as Seal)
  const { before, after } = contextOf(new Mint())
  const key = { pk: 'a', sk: '1' }
  const put = on(Everything, PutItemCommand).item({ ...key, ...before })
  await put.send()
  const refused = put.options({ condition: { attr: 'text', exists: false } }).send()
  await expect(refused).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
  await on(Everything, UpdateItemCommand)
    .item({ ...key, ...replacing(after) })
    .send()
  const get = on(Everything, GetItemCommand).key(key).options({ consistent: true })
  expect((await get.send()).Item).toMatchObject({ text: after.text })

  for (const customInspect of [true, false]) {
    const all = { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null, customInspect }
    const text = inspect(client, all)
    expect(text.length).toBeGreaterThan(10_000)
    expect(leaks(text)).toEqual([])
  }
})
