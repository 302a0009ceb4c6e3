import { inspect } from 'node:util'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { encrypted, type SealOptions } from '@dynaseal/toolbox'
import { PutItemCommand, QueryCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeDynoxide } from '../../../packages/local-cloud/test/eachEngine.js'
import { leaks } from '../../support/scanner/plaintexts.js'
import { Mint } from '../../support/scanner/sentinels.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'
import { comparable, differences, withoutErrorItems } from './compare.js'
import { type Entities, entities } from './entities.js'
import { on } from './loose.js'
import { type Mode, modes } from './modes.js'
import { inClear, type Seal } from './placement.js'
import { type Context, contextOf, type Row, type Step, type Where } from './row.js'
import { clear, createMatrixTable, plainClient } from './tables.js'
import { Watch } from './watch.js'
import { watchedClient } from './watchedClient.js'

const SEALED = 'matrix-sealed'
const PLAIN = 'matrix-plain-twin'

/** Runs every row in every mode: on the sealed table, on its plain twin, and compares. */
export function describeMatrix(name: string, rows: readonly Row[]): void {
  describeDynoxide(name, () => testMatrix(rows))
}

function testMatrix(rows: readonly Row[]): void {
  let world: World
  let watch: Watch
  let cleaner: DynamoDBDocumentClient
  const mint = new Mint()

  beforeAll(async () => {
    world = await createWorld({ engine: 'dynoxide' })
    cleaner = plainClient(world, EAST)
    await createMatrixTable(world, SEALED)
    await createMatrixTable(world, PLAIN)
  })
  afterAll(() => world.stop())

  const run = (mode: Mode) => rows.filter(({ inOneMode }) => !inOneMode || mode === modes[0])

  describe.each(modes.filter(mode => run(mode).length > 0))('with $name', mode => {
    let sides: Record<'writer' | 'reader' | 'seeder' | 'verifier' | 'plain' | 'plainVerifier', Entities>

    beforeAll(() => {
      const sealed = (region: string, options: Partial<SealOptions>) => {
        const client = watchedClient(world, region, options, () => watch, {
          itemsInClear: mode.inClearBefore,
        })
        return entities(client, SEALED, encrypted as Seal)
      }
      const verifying = mode.inClearBefore ? ({ plaintext: 'allow' } as const) : {}
      const writer = sealed(EAST, mode.writer)
      sides = {
        writer,
        reader: mode.reader === mode.writer ? writer : sealed(EAST, mode.reader),
        seeder: mode.inClearBefore
          ? entities(plainClient(world, EAST), SEALED, inClear)
          : sealed(EAST, { role: 'seal' }),
        verifier: sealed(WEST, { ...verifying, role: 'open' }),
        plain: entities(plainClient(world, EAST), PLAIN, inClear),
        plainVerifier: entities(plainClient(world, WEST), PLAIN, inClear),
      }
    })

    test.each(run(mode).map(row => [row.name, row] as const))(
      '%s',
      async (_, row) => {
        const pk = `${mode.name} ${row.name}`
        const at: Where = { pk, key: sk => ({ pk, sk }) }
        const context = contextOf(mint)
        const steps = row.steps(context)
        const refused = row.refused ?? roleRefused(row, mode)
        world.proxy.sent.length = 0
        watch = new Watch({ commands: row.refused === undefined })
        try {
          await seed(sides.seeder, at, context)
          const sent = world.cloud.calls({ service: 'dynamodb' }).length
          const outcomes = await runSteps(steps, sides[row.by], at, watch)
          if (refused !== undefined) {
            expect(codes(outcomes)).toEqual(codes(outcomes, refused))
            expect(world.cloud.calls({ service: 'dynamodb' })).toHaveLength(sent)
          }
          await world.cloud.waitForReplication()
          const items = await read(sides.verifier, at)
          watch.stop()
          watch.sent(world.proxy.sent)
          expect(watch.leaks()).toEqual([])

          await seed(sides.plain, at, context)
          if (refused === undefined) {
            const expected = await runSteps(steps, sides.plain, at)
            const unopened = expectEqual(mode, row, outcomes, expected)
            if (unopened && row.by === 'reader') return
          }
          await world.cloud.waitForReplication()
          const expectedItems = await read(sides.plainVerifier, at)
          expect(differences(comparable(items, SEALED), comparable(expectedItems, PLAIN))).toEqual([])
        } finally {
          watch.stop()
          for (const table of [SEALED, PLAIN]) await clear(cleaner, table, pk)
        }
      },
      120_000,
    )
  })

  test('each region is asked for its own key, and only for it', () => {
    const calls = new Set(world.kmsCalls().filter(call => /GenerateDataKey|Decrypt/.test(call)))
    expect([...calls].filter(call => call.startsWith('GenerateDataKey'))).toEqual(
      [`GenerateDataKey ${EAST}`].filter(call => calls.has(call)),
    )
    expect(calls).toContain(`Decrypt ${WEST}`)
  })
}

function roleRefused({ by, returnsAttributes }: Row, mode: Mode): string | undefined {
  return by === 'writer' && returnsAttributes && mode.writer.role === 'seal' ? 'role-refused' : undefined
}

/** Two items of `Everything` and one of `Note`. */
async function seed({ Everything, Note }: Entities, { pk, key }: Where, { before }: Context): Promise<void> {
  const indexed = (n: number) => ({ gsi: `byGsi ${pk}`, lsi: n, plain: `keysOnly ${pk}`, count: n })
  await on(Everything, PutItemCommand)
    .item({ ...key('1'), ...indexed(1), ...before })
    .send()
  await on(Everything, PutItemCommand)
    .item({ ...key('2'), ...indexed(2), ...before })
    .send()
  await on(Note, PutItemCommand)
    .item({ ...key('3'), ...indexed(3), text: before.text })
    .send()
}

async function read({ table, Everything, Note }: Entities, { pk }: Where): Promise<unknown> {
  const { Items } = await on(table, QueryCommand).entities(Everything, Note).query({ partition: pk }).send()
  return Items
}

async function runSteps(
  steps: readonly Step[],
  side: Entities,
  at: Where,
  watch?: Watch,
): Promise<Record<string, unknown>> {
  const outcomes: Record<string, unknown> = {}
  for (const { name, run } of steps) {
    try {
      outcomes[name] = await run(side, at)
    } catch (error) {
      watch?.seeError(error)
      outcomes[name] = error
    }
  }
  return outcomes
}

/** @returns whether something did not open */
function expectEqual(
  mode: Mode,
  { by, readsUnseen, returnsParts }: Row,
  outcomes: Record<string, unknown>,
  expected: Record<string, unknown>,
): boolean {
  const unopened = Object.keys(outcomes).filter(
    name => (outcomes[name] as Partial<Error>)?.name === 'FieldsNotOpenedError',
  )
  if (!mode.inClearBefore || mode.reader.plaintext === 'allow')
    expect(unopened.map(name => outcomes[name])).toEqual([])
  else if (by === 'reader')
    // Also those of which there is nothing to recognize: true, null, what is empty or hidden.
    expect(unopened).toEqual(
      expect.arrayContaining(
        Object.keys(expected).filter(name => readsUnseen || holdsSecrets(expected[name])),
      ),
    )
  const compared = Object.keys(expected).filter(name => !unopened.includes(name))
  const sealed = Object.fromEntries(compared.map(name => [name, comparable(outcomes[name], SEALED)]))
  const plain = Object.fromEntries(compared.map(name => [name, comparable(expected[name], PLAIN)]))
  const without = by === 'writer' && mode.writer.role === 'seal'
  const lists = returnsParts ? 'parts' : 'whole'
  expect(differences(sealed, without ? withoutErrorItems(plain) : plain, '', lists)).toEqual([])
  return unopened.length > 0
}

function codes(outcomes: Record<string, unknown>, code?: string): object {
  return Object.fromEntries(
    Object.entries(outcomes).map(([name, outcome]) => [
      name,
      code ?? (outcome as { code?: string }).code ?? outcome,
    ]),
  )
}

function holdsSecrets(outcome: unknown): boolean {
  return leaks(inspect(outcome, { depth: 20, maxArrayLength: null, maxStringLength: null })).length > 0
}
