import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { customer, sealItem } from './support/fields.js'
import { FORMS } from './support/forms.js'
import { rawKeyring } from './support/keyrings.js'
import { shortSlices } from './support/slices.js'

describe.each(FORMS)('the event loop, with $name,', form => {
  beforeEach(shortSlices)
  afterEach(() => vi.restoreAllMocks())

  it('turns while hundreds of fields are sealed and opened', async () => {
    const format = form.create({ keyring: rawKeyring() })
    const fields = Array.from({ length: 300 }, () => ({ path: ['a'], value: { S: 'x' } }))
    const loop = countTurns()
    const stored = await sealItem(format, form.items({ table: 'T', key: customer, fields }))
    const sealTurns = loop.turns()
    await format.open([stored])
    const turns = loop.stop()
    expect(sealTurns).toBeGreaterThanOrEqual(30)
    expect(turns - sealTurns).toBeGreaterThanOrEqual(30)
  })

  it('turns while hundreds of items are taken apart', async () => {
    const format = form.create({ keyring: rawKeyring() })
    const stored = await sealItem(format, form.item({ S: 'x' }))
    // None of them has a data key to be opened with.
    const elsewhere = Array.from({ length: 300 }, () => ({ ...stored, table: 'Other' }))
    const loop = countTurns()
    await format.open(elsewhere)
    expect(loop.stop()).toBeGreaterThanOrEqual(30)
  })

  it('turns while hundreds of callers seal one field each', async () => {
    const format = form.create({ keyring: rawKeyring() })
    const loop = countTurns()
    await Promise.all(Array.from({ length: 300 }, () => format.seal([form.item({ S: 'x' })])))
    expect(loop.stop()).toBeGreaterThanOrEqual(30)
  })
})

function countTurns() {
  let turns = 0
  let counting = true
  const count = () => {
    turns++
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  return {
    turns: () => turns,
    stop: () => {
      counting = false
      return turns
    },
  }
}
