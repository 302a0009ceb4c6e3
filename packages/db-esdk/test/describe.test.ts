import { describe, expect, it } from 'vitest'
import { describeAttribute, describeAttributes, describeHeader, describeItem } from '../src/index.js'
import { itemOf, vectors } from './support/vectors.js'

describe('a stored item says', () => {
  it.each(vectors.positives.map(vector => [vector.id, vector] as const))(
    '%s: what was done with each attribute, in which suite and version',
    (_, { config, encrypted, plaintext }) => {
      const item = itemOf(encrypted)
      const described = describeItem(item)!
      expect(describeHeader((item.aws_dbe_head as { B: Uint8Array }).B)).toEqual(described)
      expect(described.algorithmSuite).toBe(`0x${config.algorithmSuite ?? '6701'}`)
      const actions = describeAttributes(item, described.legend, config)!
      expect([...actions.keys()]).toEqual(Object.keys(plaintext).sort())
      for (const [name, action] of actions) {
        expect([name, action]).toEqual([name, config.attributeActions[name] ?? 'DO_NOTHING'])
        if (action !== 'ENCRYPT_AND_SIGN') continue
        const [type] = Object.keys(plaintext[name] as object)
        expect(describeAttribute((item[name] as { B: Uint8Array }).B)).toMatchObject({ type })
      }
      const isInContext = [...actions.values()].includes('SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT')
      expect(described.version).toBe(isInContext ? 2 : 1)
      const stored = Object.entries(described.context)
      expect(stored).toEqual(
        Object.entries(config.algorithmSuite === '6700' ? {} : described.context).filter(([name]) =>
          name.startsWith('aws-crypto-public-key'),
        ),
      )
    },
  )

  it('nothing of names where there are more or less attributes than were signed', () => {
    const [{ encrypted, config }] = vectors.positives as [(typeof vectors.positives)[number]]
    const item = itemOf(encrypted)
    const { legend } = describeItem(item)!
    expect(describeAttributes({ ...item, added: { S: 'x' } }, legend, config)).toBeUndefined()
    expect(describeAttributes({ ...item, aws_dbe_b_x: { S: '0' } }, legend, config)).toBeDefined()
  })
})

it.each([
  ['nothing', Buffer.alloc(0)],
  ['too little', Buffer.from('0001'.padEnd(34, '0'), 'hex')],
  ['another type', Buffer.from('0003'.padEnd(36, '0'), 'hex')],
])('%s is no encrypted attribute', (_, bytes) => {
  expect(describeAttribute(bytes)).toBeUndefined()
})
