import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createGlobalTable, documentClient } from './clients.js'
import { describeEngines } from './eachEngine.js'

const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1'] as const
const PAIRS = [
  [REGIONS[0], REGIONS[1]],
  [REGIONS[1], REGIONS[2]],
  [REGIONS[0], REGIONS[2]],
] as const

type Step =
  | {
      readonly do: 'put' | 'update' | 'delete'
      readonly region: number
      readonly id: string
      readonly together: boolean
    }
  | { readonly do: 'cut' | 'heal'; readonly pair: number }
  | { readonly do: 'wait' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('put' as const, 'update' as const, 'delete' as const),
      region: fc.nat({ max: 2 }),
      id: fc.constantFrom('a', 'b', 'c'),
      // Sent without waiting for the answer to the one before.
      together: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'heal' as const), pair: fc.nat({ max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'wait' as const }) },
)

/** The items that one write leaves, or undefined for a deletion. */
type Image = Record<string, unknown> | undefined

describeEngines('convergence', engine => {
  let cloud: LocalCloud
  let tables = 0

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: REGIONS, engine, replicationDelay: 0, replicationJitter: 5 })
  })

  afterAll(() => cloud.stop())

  it('any writes in three regions, with cuts and heals, end with equal replicas', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async steps => {
        const TableName = `convergence-${++tables}`
        await createGlobalTable(cloud, TableName, REGIONS)
        const clients = REGIONS.map(region => documentClient(cloud, region))
        const cuts = new Map<number, () => void>()
        const underWay: Promise<unknown>[] = []
        /** For each item, what the last write left, if its writes were made one after another; in any case, all. */
        const acknowledged = new Map<string, Image[]>()
        let sequential = true

        for (const [n, one] of steps.entries()) {
          if (one.do === 'cut' && !cuts.has(one.pair))
            cuts.set(one.pair, cloud.fault({ kind: 'cut', between: PAIRS[one.pair] ?? PAIRS[0] }))
          if (one.do === 'heal') {
            cuts.get(one.pair)?.()
            cuts.delete(one.pair)
          }
          if (one.do === 'wait') {
            await Promise.all(underWay)
            await cloud.waitForReplication()
          }
          if (!('id' in one)) continue
          const client = clients[one.region] ?? documentClient(cloud, REGIONS[0])
          const written = write(client, TableName, one.do, one.id, n).then(image => {
            acknowledged.set(one.id, [...(acknowledged.get(one.id) ?? []), image])
          })
          underWay.push(written)
          if (one.together) sequential = false
          else await Promise.all(underWay)
        }

        await Promise.all(underWay)
        cloud.heal()
        await cloud.waitForReplication()
        const replicas = await Promise.all(clients.map(client => contents(client, TableName)))
        expect(replicas[1]).toEqual(replicas[0])
        expect(replicas[2]).toEqual(replicas[0])
        for (const [id, images] of acknowledged) {
          // Nothing is left that nobody wrote, and the last writer wins where it is known who was last.
          expect(images).toContainEqual(replicas[0]?.[id])
          if (sequential) expect(replicas[0]?.[id]).toEqual(images.at(-1))
        }
      }),
      { numRuns: 25 },
    )
  }, 120_000)
})

/** What the item was directly after, as its writer was told. */
async function write(
  client: ReturnType<typeof documentClient>,
  TableName: string,
  operation: 'put' | 'update' | 'delete',
  id: string,
  n: number,
): Promise<Image> {
  const Key = { id }
  if (operation === 'put') {
    await client.put({ TableName, Item: { id, put: n } })
    return { id, put: n }
  }
  if (operation === 'delete') {
    await client.delete({ TableName, Key })
    return undefined
  }
  const { Attributes } = await client.update({
    TableName,
    Key,
    UpdateExpression: 'SET updated = :n',
    ExpressionAttributeValues: { ':n': n },
    ReturnValues: 'ALL_NEW',
  })
  return Attributes
}

async function contents(client: ReturnType<typeof documentClient>, TableName: string) {
  const { Items = [] } = await client.scan({ TableName, ConsistentRead: true })
  return Object.fromEntries(Items.map(item => [String(item.id), item]))
}
