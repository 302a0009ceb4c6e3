import { inspect } from 'node:util'
import { marshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, test } from 'vitest'
import { DocumentClientError } from '../src/index.js'
import { PendingSeal } from '../src/sealing/pendingSeal.js'

const SECRET = 'a secret value'

describe('a value that waits to be sealed', () => {
  const pending = new PendingSeal(SECRET)

  test('shows nothing, however it is looked at', () => {
    const looks = [
      String(pending),
      `${pending}`,
      JSON.stringify({ pending }),
      inspect(pending, { depth: 9, showHidden: true }),
      inspect({ nested: [pending] }, { depth: 9, showHidden: true, getters: true }),
      Buffer.from(pending).toString(),
      Object.entries(pending).join(),
      Reflect.ownKeys(pending).map(String).join(),
    ]
    for (const look of looks) expect(look).not.toContain(SECRET)
  })

  test.each([undefined, { convertClassInstanceToMap: true }])(
    'is refused by marshalling with %o, and the way out is named',
    options => {
      expect(() => marshall({ deep: [{ pending }] }, options)).toThrow('sealDocumentClient()')
    },
  )

  test('is not copied: a copy would be an empty binary', () => {
    expect(() => Uint8Array.from(pending)).toThrow(DocumentClientError)
    expect(() => [...(pending as unknown as Iterable<number>)]).toThrow(DocumentClientError)
  })
})
