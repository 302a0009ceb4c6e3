import { TokenDefinition, type TokenSubject } from '@dynaseal/core'
import { describe, expect, test } from 'vitest'
import { beaconText } from '../src/beacons/hash.js'
import { beaconHmacKey } from '../src/beacons/hmacKeys.js'
import { type Beacons, createBeacons } from '../src/index.js'
import {
  attributeOf,
  itemOf,
  type PartitionSet,
  pathOf,
  type Standard,
  source,
  TABLE,
  partitions as vectors,
} from './support/beaconVectors.js'

const secret = Buffer.from(vectors.beaconKey, 'hex')

function makerOf({ maximumNumberOfPartitions, defaultNumberOfPartitions, beacons }: PartitionSet): Beacons {
  const constrained = beacons.flatMap(({ name, numberOfPartitions: count }) =>
    count === undefined ? [] : [[name, count]],
  )
  const numberOfPartitions = Object.fromEntries(constrained)
  const byDefault = defaultNumberOfPartitions === null ? {} : { defaultNumberOfPartitions }
  const tables = { [TABLE]: { maximumNumberOfPartitions, numberOfPartitions, ...byDefault } }
  return createBeacons({ keyring: source, branchKeyId: 'tenant-1', tables })
}

const subjectOf = (standard: Standard, S: string, key?: TokenSubject['key']): TokenSubject => ({
  definition: new TokenDefinition({ of: [{ path: pathOf(standard.name) }], bits: standard.length }),
  table: TABLE,
  attribute: attributeOf(standard),
  values: [{ S }],
  key,
})

describe.each(vectors.sets.map(set => [set.id, set] as const))('partitions, %s', (_, set) => {
  const countOf = ({ numberOfPartitions }: Standard) =>
    numberOfPartitions ?? set.defaultNumberOfPartitions ?? set.maximumNumberOfPartitions

  test('beacons of each partition are those of the official release', async () => {
    for (const standard of set.beacons) {
      const values = new Map<string, Set<string>>()
      for (const { item, partition, beacons } of set.stored) {
        const expected = beacons[`aws_dbe_b_${standard.name}`]!.S
        const { S } = itemOf(item)[standard.name] as { S: string }
        const key = beaconHmacKey(secret, standard.name)
        expect(beaconText(key, Buffer.from(S), standard.length, partition % countOf(standard))).toBe(expected)
        values.set(S, (values.get(S) ?? new Set()).add(expected))
      }
      for (const [S, texts] of values) {
        const [found] = await makerOf(set).find([subjectOf(standard, S)])
        expect(new Set(found!.map(({ token }) => token))).toEqual(texts)
        expect(found!.map(({ version }) => version)).toEqual([...found!.keys()])
      }
    }
  })

  test('an item is in one partition, which its key decides, and each is used', async () => {
    const maker = makerOf(set)
    const used = new Set<string>()
    for (let n = 0; n < 60; n++) {
      const key = { id: { S: `item ${n}` } }
      const subjects = set.beacons.map(standard => subjectOf(standard, 'banana', key))
      const written = await maker.write(subjects)
      expect(await maker.write(subjects)).toEqual(written)
      const own = written.map(([text]) => text).join()
      const possible = Array.from({ length: set.maximumNumberOfPartitions }, (_, partition) =>
        set.beacons
          .map(standard => {
            const hmacKey = beaconHmacKey(secret, standard.name)
            return beaconText(hmacKey, Buffer.from('banana'), standard.length, partition % countOf(standard))
          })
          .join(),
      )
      expect(possible).toContain(own)
      used.add(own)
      const claims = subjects.map((subject, index) => ({
        ...subject,
        key: undefined,
        stored: written[index]!,
      }))
      for (const fit of await maker.check(claims)) expect(fit).toMatchObject({ fits: true, current: true })
    }
    const told = set.beacons.map(countOf).reduce((a, b) => lcm(a, b))
    expect(used.size).toBe(Math.min(told, set.maximumNumberOfPartitions))
  })

  test('without the key of the item there is nothing to write', async () => {
    const written = makerOf(set).write([subjectOf(set.beacons[0]!, 'banana')])
    await expect(written).rejects.toMatchObject({ code: 'invalid-location' })
  })
})

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
const lcm = (a: number, b: number): number => (a * b) / gcd(a, b)

test.each([
  [{ maximumNumberOfPartitions: 0 }, /integer from 1 to 255/],
  [{ maximumNumberOfPartitions: 256 }, /integer from 1 to 255/],
  [{ maximumNumberOfPartitions: 5, defaultNumberOfPartitions: 6 }, /maximumNumberOfPartitions, 5/],
  [{ maximumNumberOfPartitions: 5, numberOfPartitions: { email: 0 } }, /of email of table Beacons/],
  [{ numberOfPartitions: { email: 2 } }, /maximumNumberOfPartitions, 1/],
])('numbers of partitions that cannot be are refused: %j', (table, message) => {
  const make = () => createBeacons({ keyring: source, branchKeyId: 'a', tables: { [TABLE]: table } })
  expect(make).toThrow(
    expect.objectContaining({ code: 'invalid-option', message: expect.stringMatching(message) }),
  )
})
