// Any puts, updates and deletes by several processes, of both formats, in two regions, while replication lags, is cut and
// conflicts: what is left opens completely in both regions, and is the same.
import { encrypted } from '@dynaseal/toolbox'
import {
  $append,
  $set,
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateAttributesCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeEngines } from '../../../packages/local-cloud/test/eachEngine.js'
import { leaks } from '../../support/recordingProxy.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'
import { type Attributes, type Buildable, on } from '../matrix/loose.js'
import type { Seal } from '../matrix/placement.js'
import { createTable, ENVELOPE, formsIn, people, person, storedIn } from './people.js'

/** The same programs in every run; others, and more of them, where these are set. */
const SEED = Number(process.env.PROPERTIES_SEED ?? 5)
const RUNS = Number(process.env.PROPERTIES_RUNS ?? 25)
const TABLE = 'people'

/** Processes: each has a region and a cache of its own, and writes one of the two formats. */
const PROCESSES = [
  [EAST, 'envelope'],
  [EAST, 'envelope'],
  [EAST, 'message'],
  [WEST, 'envelope'],
  [WEST, 'envelope'],
  [WEST, 'message'],
] as const

type Write = 'put' | 'leaf' | 'container' | 'append' | 'entry' | 'attributes' | 'delete'

/** One write, as data, so that a counterexample can be read; or something that happens to the network. */
type Step =
  | { readonly by: number; readonly write: Write; readonly sk: string }
  | { readonly event: 'cut' | 'heal' | 'replicated' | 'skew' }

const write = fc.record({
  by: fc.nat(PROCESSES.length - 1),
  write: fc.constantFrom<Write>('put', 'put', 'leaf', 'container', 'append', 'entry', 'attributes', 'delete'),
  sk: fc.constantFrom('1', '2'),
})
const event = fc.record({ event: fc.constantFrom('cut', 'heal', 'replicated', 'skew') })
const step = fc.oneof({ weight: 6, arbitrary: write }, { weight: 1, arbitrary: event }) as fc.Arbitrary<Step>
/** What is sent at once, before anybody waits for an answer. */
const programs = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 6 })

describeEngines('items that several processes write in two regions', engine => {
  let world: World
  let processes: { readonly table: Buildable; readonly Person: Buildable }[]
  let readers: typeof processes
  let runs = 0

  const open = (region: string, options: object) =>
    people(
      world.sealedClient(region, options),
      TABLE,
      encrypted as Seal,
    ) as unknown as (typeof processes)[number]

  beforeAll(async () => {
    world = await createWorld({ engine, replicationDelay: 1, replicationJitter: 5 })
    await createTable(world, TABLE)
    processes = PROCESSES.map(([region, format]) => open(region, { format }))
  })
  afterAll(() => world.stop())

  async function run(pk: string, program: Step[][]): Promise<void> {
    let written = 0
    const perform = async (step: Step): Promise<void> => {
      if ('event' in step) {
        if (step.event === 'cut') world.cloud.fault({ kind: 'cut', between: [EAST, WEST] })
        else if (step.event === 'skew') world.cloud.fault({ kind: 'clock', region: WEST, shift: -60_000 })
        else if (step.event === 'heal') world.cloud.heal()
        else await world.cloud.waitForReplication()
        return
      }
      const { Person } = processes[step.by]!
      const key = { pk, sk: step.sk }
      const { gsi: _, ...given } = person(`${++written} of process ${step.by}`)
      const update = (changed: Attributes) =>
        on(Person, UpdateItemCommand)
          .item({ ...key, ...changed })
          .send()
      const writes: Record<Write, () => Promise<unknown>> = {
        put: () =>
          on(Person, PutItemCommand)
            .item({ ...key, ...given })
            .send(),
        leaf: () => update({ text: `secret ${written}` }),
        container: () => update({ address: $set({ city: `secret ${written}` }) }),
        append: () => update({ codes: $append([`secret ${written}`]) }),
        entry: () => update({ byName: { b: `secret ${written}` } }),
        attributes: () =>
          on(Person, UpdateAttributesCommand)
            .item({ ...key, ...given })
            .send(),
        delete: () => on(Person, DeleteItemCommand).key(key).send(),
      }
      await writes[step.write]().catch((error: Error) => {
        // There is no record in an item that is not there, or was not put, for an entry to stand in.
        if (step.write !== 'entry' || error.name !== 'ValidationException') throw error
      })
    }
    for (const together of program) await Promise.all(together.map(perform))
    world.cloud.heal()
    await world.cloud.waitForReplication()
  }

  test('open completely in both regions, and are the same there', { timeout: 300_000 }, async () => {
    let items = 0
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(programs, async program => {
        const pk = `run ${++runs}`
        await run(pk, program)
        readers = [
          ...[EAST, WEST].map(region => open(region, { role: 'open' })),
          processes[0]!,
          processes[5]!,
        ]
        const read = await Promise.all(
          readers.map(async ({ table, Person }) => {
            const query = on(table, QueryCommand).entities(Person).query({ partition: pk })
            return (await query.options({ consistent: true }).send()).Items as Attributes[]
          }),
        )
        for (const other of read) expect(other).toEqual(read[0])
        items += read[0]!.length
        for (const { sk } of read[0]!) {
          const stored = await storedIn(world, TABLE, { pk, sk })
          expect(await storedIn(world, TABLE, { pk, sk }, WEST)).toEqual(stored)
          const forms = Object.entries(formsIn(stored))
          for (const [, form] of forms) seen.add(form)
          expect(forms.filter(([, form]) => form === 'envelope').length).toBeLessThanOrEqual(1)
          // All that is sealed was opened: nothing that came back is bytes.
          expect(formsIn(read[0]!.find(item => item.sk === sk))).toEqual({})
          // A short field has its envelope beside it.
          if (forms.some(([, form]) => form === 'short'))
            expect(Object.fromEntries(forms)).toHaveProperty(ENVELOPE)
        }
      }),
      { seed: SEED, numRuns: RUNS },
    )
    // The programs left something, of every form.
    expect(items).toBeGreaterThan(RUNS / 2)
    expect(seen).toEqual(new Set(['envelope', 'short', 'full', 'message']))
    expect(leaks(world.proxy.sent, ['secret'])).toEqual([])
  })
})
