import { randomFillSync } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Counts } from '../src/scan/counts.js'

const LONGEST = 0xffff
const entry = (providerId: string, providerInfo: string) => ({
  providerId,
  providerInfo,
  encryptedDataKey: Uint8Array.of(1),
})

describe('what somebody writes into the table', () => {
  it('does not fill the memory with names of keys: those that are too many are counted together', () => {
    const counts = new Counts()
    counts.keys({ encryptedDataKeys: [entry('aws-kms', 'genuine')] }, 3)
    for (let index = 0; index < 400; index++)
      counts.keys({ encryptedDataKeys: [entry('p', String(index).padEnd(LONGEST, 'x'))] })
    counts.keys({ encryptedDataKeys: [entry('aws-kms', 'genuine')] }, 4)
    const { keys } = counts.report({ kinds: [] })
    const characters = keys.reduce((sum, { name }) => sum + name.length, 0)
    expect(characters).toBeLessThan(2 ** 24)
    expect(keys.reduce((sum, { fields }) => sum + fields, 0)).toBe(3 + 400 + 4)
    expect(keys.find(({ name }) => name === 'genuine')).toMatchObject({ fields: 7 })
    expect(keys.find(({ provider }) => provider === 'others')!.fields).toBeGreaterThan(100)
  })

  it('nor with envelopes', () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const counts = new Counts()
    const used = () => {
      collect()
      return process.memoryUsage().heapUsed
    }
    const before = used()
    for (let index = 0; index < 100; index++)
      counts.keysBeside({ dynaseal: randomFillSync(new Uint8Array(390_000)) }, 1)
    expect(used() - before).toBeLessThan(10_000_000)
    expect(counts.report({ kinds: [] }).keys).toEqual([])
  })

  it('is not counted as fields under the key of another provider', () => {
    const counts = new Counts()
    counts.keys({ encryptedDataKeys: [entry('raw', 'one two')] })
    counts.keys({ encryptedDataKeys: [entry('raw one', 'two')] })
    expect(counts.report({ kinds: [] }).keys).toHaveLength(2)
  })
})
