import { afterAll, beforeAll, beforeEach } from 'vitest'
import { createWorld, type World } from './world.js'

/**
 * For the tests of a file: a world for all of them, and an empty table for each.
 *
 * @param ready is given them before each test; what it has sent is forgotten when the test begins
 * @param start makes the world
 */
export function withTablePerTest(
  ready: (world: World, tableName: string) => unknown,
  start: () => Promise<World> = createWorld,
): void {
  let world: World
  let tables = 0
  beforeAll(async () => {
    world = await start()
  })
  afterAll(() => world.stop())
  beforeEach(async () => {
    const tableName = `table-${++tables}`
    await world.createTable(tableName)
    await ready(world, tableName)
    world.proxy.sent.length = 0
  })
}
