// Whatever is declared, and whatever stands there: it comes back as it was, and no secret is sent. Shapes and values are
// those of the matrix.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leaks } from '../../support/scanner/plaintexts.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { type Shape, type Shapes, shapes } from '../matrix/randomSchemas.js'
import { valuesFor } from '../matrix/randomValues.js'
import { CLIENTS, type Members } from './clients.js'

const TableName = 'random'
const RUNS = 40
let world: World
beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TableName)
}, 60_000)
afterAll(() => world.stop())

/** What would be declared for a shape; nothing where paths cannot say it: positions, and one of several alternatives. */
function pathsOf(one: Shape, path: string): string[] | undefined {
  if (one.sealed) return [path]
  if ('members' in one) return pathsOfAll(one.members, name => `${path}['${name}']`)
  if ('element' in one) return pathsOf(one.element, one.kind === 'list' ? `${path}[*]` : `${path}.*`)
  if (!('elements' in one)) return []
  return one.elements.every(element => pathsOf(element, path)?.length === 0) ? [] : undefined
}

function pathsOfAll(all: Shapes, pathOf: (name: string) => string): string[] | undefined {
  const each = Object.entries(all).map(([name, { shape }]) => pathsOf(shape, pathOf(name)))
  return each.includes(undefined) ? undefined : each.flatMap(paths => paths ?? [])
}

const declared = (all: Shapes) => pathsOfAll(all, name => name) ?? []

const program = shapes
  .filter(all => declared(all).length > 0)
  .chain(all =>
    fc.record({ encrypted: fc.constant(declared(all)), before: valuesFor(all), after: valuesFor(all) }),
  )

test.each(CLIENTS)('%s', { timeout: 120_000 }, async (_, make) => {
  let runs = 0
  let sealed = 0
  await fc.assert(
    fc.asyncProperty(program, async ({ encrypted, before, after }) => {
      const Key = { pk: `p${++runs}`, sk: _ }
      const client = make(world, EAST, [{ table: TableName, key: ['pk', 'sk'], encrypted }])
      const get = async () => (await client.send('Get', { TableName, Key, ConsistentRead: true })).Item
      world.proxy.sent.length = 0
      await client.send('Put', { TableName, Item: { ...Key, ...before } })
      expect(await get()).toEqual({ ...Key, ...before })
      const names = Object.keys(after)
      if (names.length > 0) {
        await client.send('Update', {
          TableName,
          Key,
          UpdateExpression: `SET ${names.map(name => `#${name} = :${name}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(names.map(name => [`#${name}`, name])),
          ExpressionAttributeValues: Object.fromEntries(names.map(name => [`:${name}`, after[name]])),
        })
        expect(await get()).toEqual({ ...Key, ...before, ...after })
      }
      expect(leaks(Buffer.concat(world.proxy.sent))).toEqual([])
      if (leaks(JSON.stringify([before, after] as Members[])).length > 0) sealed++
    }),
    { numRuns: RUNS, seed: 7 },
  )
  // There was something to leak.
  expect(sealed).toBeGreaterThan(RUNS / 4)
})
