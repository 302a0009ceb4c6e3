// The client was not wrapped, or the entity not registered.
import { Entity, GetItemCommand, item, string } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { READS, STORED as stored, WRITES } from '../../support/attempts.js'
import { EAST } from '../../support/world.js'
import { closed, tableName, unwrapped, userOf, world } from './users.js'

const WRAP_AND_REGISTER =
  /Give its table the document client that sealDocumentClient\(\) of @dynaseal\/toolbox returns, and call register\(entity\) on that client\.$/

describe('the client was not wrapped', () => {
  test.each(WRITES)('%s: nothing is sent', async (_, write) => {
    const error = await closed(() => write(userOf(unwrapped())))
    expect(error).toMatchObject({ name: 'ToolboxError', code: 'not-registered' })
    expect(error.message).toMatch(
      /^The encrypted attribute '(ssn|address)' was given a value for an entity that no sealed client knows/,
    )
    expect(error.message).toMatch(WRAP_AND_REGISTER)
    expect(world.proxy.sent).toEqual([])
  })

  test.each(READS)('%s: no ciphertext comes out', async (_, read) => {
    const error = await closed(() => read(userOf(unwrapped())))
    expect(error).toMatchObject({ name: 'ToolboxError', code: 'not-registered' })
    expect(error.message).toMatch(/^The encrypted attribute '(ssn|address)' was loaded /)
    expect(error.message).toMatch(WRAP_AND_REGISTER)
  })
})

describe('the entity was not registered', () => {
  const alone = () => userOf(world.sealedClient(EAST))
  /** Somebody else's registration does not help. */
  const besideAnother = () => {
    const client = world.sealedClient(EAST)
    const Other = new Entity({
      name: 'Other',
      table: userOf(client).table,
      schema: item({ pk: string().key(), sk: string().key(), other: string().optional() }),
    })
    client.register(Other)
    return userOf(client)
  }

  describe.each([
    ['no entity of the table was', alone],
    ['another one was', besideAnother],
  ])('%s', (_, entity) => {
    test.each(WRITES)('%s: nothing is sent', async (_, write) => {
      const error = await closed(() => write(entity()))
      expect(error).toMatchObject({ name: 'ToolboxError', code: 'not-registered' })
      expect(error.message).toContain('register(entity)')
      expect(world.proxy.sent).toEqual([])
    })

    test.each(READS)('%s: no ciphertext comes out', async (_, read) => {
      const error = await closed(() => read(entity()))
      expect(error).toMatchObject({ name: 'ToolboxError', code: 'not-registered' })
      expect(error.message).toContain('register(entity)')
    })
  })

  test('a table of which nothing is known is named', async () => {
    const error = await closed(() => alone().build(GetItemCommand).key(stored).send())
    expect(error.message).toContain(`knows no entity of table ${tableName}`)
    expect(error.message).toContain('use the document client that you gave to sealDocumentClient()')
    expect(world.proxy.sent).toEqual([])
  })
})
