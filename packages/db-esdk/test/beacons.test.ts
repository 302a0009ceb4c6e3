import { type AttributeValue, TokenDefinition, type TokenUse } from '@dynaseal/core'
import { describe, expect, test } from 'vitest'
import { createBeacons } from '../src/index.js'
import {
  attributeOf,
  type BeaconSet,
  definitionOf,
  itemOf,
  normalizer,
  optionsOf,
  type Standard,
  TABLE,
  transformed,
  valueAt,
  beacons as vectors,
} from './support/beaconVectors.js'

const good = vectors.sets.filter(({ id }) => !id.startsWith('refused-'))
const named = (set: BeaconSet, name: string) => set.beacons.standard.find(each => each.name === name)!
const stored = ({ style }: Standard) => style?.type !== 'partOnly'

/** What a client stores for an item: undefined where a value is absent. */
async function written(set: BeaconSet, item: Record<string, AttributeValue>, standard: Standard) {
  const definition = definitionOf(set, standard)
  const values = definition.paths.map(path => valueAt(item, path))
  if (values.includes(undefined)) return undefined
  const { keyFieldName } = set.beacons.key
  const tenant =
    keyFieldName === undefined ? undefined : (item[keyFieldName] as { S?: string } | undefined)?.S
  const subject = {
    definition,
    table: TABLE,
    attribute: attributeOf(standard),
    values: values as AttributeValue[],
    tenant,
  }
  const [texts] = await createBeacons(optionsOf(set)).write([subject])
  return definition.members ? { SS: texts } : { S: texts![0] }
}

describe('beacons are those of the official release', () => {
  test.each(good.map(set => [set.id, set] as const))('%s', async (id, set) => {
    let compared = 0
    for (const [index, json] of set.items.entries()) {
      const expected = set.stored![index]!
      // A multi key store, and an item whose key field is not the id of its key: told apart below.
      if (id === 'multi' && json.tenantKey === undefined) continue
      if (id === 'multi' && (json.tenantKey as { S: string }).S !== 'tenant-1') continue
      for (const standard of set.beacons.standard.filter(stored)) {
        const name = `aws_dbe_b_${standard.name}`
        const own = expected.beacons?.[name]
        if (expected.error !== undefined) continue
        const made = await written(set, itemOf(json), standard)
        if (own?.SS !== undefined) own.SS.sort()
        expect(made, `${name} of ${JSON.stringify(json)}`).toEqual(own)
        if (made !== undefined) compared++
      }
    }
    expect(compared).toBeGreaterThan(0)
  })

  test('transforms of virtual fields are the same, wherever their positions are', () => {
    for (const { texts, ...transform } of transformed.transforms) {
      const of = [{ path: ['text'], normalize: normalizer(transform) }]
      const definition = new TokenDefinition({ of, bits: 8 })
      const made = transformed.texts.map(text => definition.normalizeText(0, text))
      expect(made, JSON.stringify(transform)).toEqual(texts)
    }
    expect(transformed.transforms.length).toBeGreaterThan(100)
  })

  test('in number, 200 and more of the vectors', () => {
    const all = good.flatMap(set =>
      (set.stored ?? []).flatMap(({ beacons = {} }) =>
        Object.keys(beacons).filter(name => named(set, name.slice('aws_dbe_b_'.length)) !== undefined),
      ),
    )
    expect(all.length).toBeGreaterThan(200)
  })

  test.each([
    ['styles', 2, /of a set/],
    ['virtual-vLower', 3, /a virtual field is of texts/],
    ['virtual-vHalf', 0, /half of a surrogate pair/],
  ])('and what it refuses to write is refused: item %2$i of %1$s', async (id, index, reason) => {
    const set = good.find(each => each.id === id)!
    expect(set.stored![index]!.error).toBeDefined()
    const item = itemOf(set.items[index]!)
    const all = Promise.all(set.beacons.standard.filter(stored).map(each => written(set, item, each)))
    await expect(all).rejects.toMatchObject({
      name: 'SearchError',
      code: 'invalid-value',
      reason: expect.stringMatching(reason),
    })
  })

  test('in a multi key store by what the key field says, and there is none without it', async () => {
    const set = good.find(({ id }) => id === 'multi')!
    const [email] = set.beacons.standard as [Standard]
    const [, noField, other] = set.items.map(itemOf)
    await expect(written(set, noField!, email)).rejects.toMatchObject({ code: 'invalid-location' })
    await expect(written(set, other!, email)).rejects.toMatchObject({ code: 'key-unavailable' })
  })
})

describe('what is searched for is what the official release sends', () => {
  const requests = good.flatMap(set =>
    [...(set.scans ?? []), ...(set.queries ?? [])].flatMap(({ request, wire }) => {
      const expressions = [request.FilterExpression, request.KeyConditionExpression].join(' AND ')
      const names = (request.ExpressionAttributeNames ?? {}) as Record<string, string>
      return Object.entries(request.ExpressionAttributeValues ?? {}).flatMap(([placeholder, value]) => {
        const test = new RegExp(`(?:(#?\\w+) = |(#?\\w+) IN \\([^)]*|contains\\((#?\\w+), )${placeholder}\\b`)
        const [, ...found] = test.exec(expressions) ?? []
        const name = found.find(each => each !== undefined)
        const standard = name === undefined ? undefined : named(set, names[name] ?? name)
        const sent = wire?.ExpressionAttributeValues?.[placeholder]?.S
        if (standard === undefined || sent === undefined || /\W/.test(sent)) return []
        return [{ set, standard, value, sent }]
      })
    }),
  )

  test('for equality, IN and contains', async () => {
    expect(requests.length).toBeGreaterThan(15)
    for (const { set, standard, value, sent } of requests) {
      const definition = definitionOf(set, standard)
      // A virtual field is searched for by its parts.
      const values = Object.values(itemOf({ value }))
      const tenant = set.id === 'multi' ? 'tenant-1' : undefined
      if (definition.paths.length !== values.length) continue
      const subject = { definition, table: TABLE, attribute: attributeOf(standard), values, tenant }
      const found = await createBeacons(optionsOf(set)).find([subject])
      expect(found, JSON.stringify(value)).toEqual([[{ token: sent, version: 0 }]])
    }
  })

  test('for a virtual field, by its parts', async () => {
    const set = good.find(({ id }) => id === 'virtual-vChain')!
    const [standard] = set.beacons.standard as [Standard]
    const definition = definitionOf(set, standard)
    const values = ['ada', 'LOVELACE', 'London', '12345'].map(S => ({ S }))
    const subject = { definition, table: TABLE, attribute: attributeOf(standard), values }
    const sent = set.scans![0]!.wire!.ExpressionAttributeValues![':v']!.S
    expect(await createBeacons(optionsOf(set)).find([subject])).toEqual([[{ token: sent, version: 0 }]])
  })
})

describe('configurations that the official release refuses are refused', () => {
  const refused = vectors.sets.filter(({ id }) => id.startsWith('refused-'))
  /** Of compound beacons and of the names of virtual fields, for which there is no option. */
  const NO_SUCH_OPTION = [
    'refused-none',
    'refused-virtual-name',
    'refused-prefix',
    'refused-prefix-split',
    'refused-part-unknown',
    'refused-signed-part-encrypted',
    'refused-no-required',
    'refused-same-required',
    'refused-no-parts',
    'refused-compound-name',
    'refused-compound-name-encrypted',
    'refused-partonly-unused',
    'refused-asset-part',
    // A tenant that is encrypted is refused by the client, whoever makes tokens.
    'refused-key-field-encrypted',
  ]

  function faults(set: BeaconSet): unknown[] {
    const maker = createBeacons(optionsOf(set))
    const uses = set.beacons.standard.map((standard): TokenUse => {
      const definition = definitionOf(set, standard)
      const encrypted = definition.paths.map(
        ([name]) => set.config.attributeActions[String(name)] === 'ENCRYPT_AND_SIGN',
      )
      const { keyFieldName } = set.beacons.key
      const tenant = keyFieldName === undefined ? undefined : [keyFieldName]
      return { table: TABLE, attribute: attributeOf(standard), definition, tenant, encrypted }
    })
    return uses.flatMap(
      use =>
        maker.faultOf(
          use,
          uses.filter(other => other !== use),
        ) ?? [],
    )
  }

  test.each(refused.filter(({ id }) => !NO_SUCH_OPTION.includes(id)).map(set => [set.id, set] as const))(
    '%s',
    (id, set) => {
      // Two virtual fields of one place, of which a beacon has one.
      if (id === 'refused-virtual-same') {
        const [first] = set.beacons.standard as [Standard]
        const beacons = { ...set.beacons, standard: [first, { ...first, name: 'y', loc: 'v2' }] }
        expect(faults({ ...set, beacons })).not.toEqual([])
        return
      }
      let outcome: unknown
      try {
        outcome = faults(set)
      } catch (error) {
        outcome = [error]
      }
      expect(outcome).not.toEqual([])
    },
  )

  test('and the others cannot be said', () => {
    expect(refused.map(({ id }) => id)).toEqual(expect.arrayContaining(NO_SUCH_OPTION))
    const base = { keyring: optionsOf(good[0]!).keyring, branchKeyId: 'tenant-1' }
    for (const option of ['compoundBeacons', 'encryptedParts', 'signedParts']) {
      const error = expect.objectContaining({
        code: 'invalid-option',
        message: expect.stringMatching(/compound beacons/),
      })
      expect(() => createBeacons({ ...base, [option]: [] } as never)).toThrow(error)
      expect(() => createBeacons({ ...base, tables: { [TABLE]: { [option]: [] } as never } })).toThrow(error)
    }
    for (const option of ['standardBeacons', 'virtualFields'])
      expect(() => createBeacons({ ...base, [option]: [] } as never)).toThrow(
        /where the attributes of a table are/,
      )
  })

  test('no configuration that it takes', () => {
    for (const set of good)
      expect(
        faults({ ...set, beacons: { ...set.beacons, standard: set.beacons.standard.filter(stored) } }),
      ).toEqual([])
  })
})
