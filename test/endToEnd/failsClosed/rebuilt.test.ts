// Entities whose annotations are gone.
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { EntityDTO, fromEntityDTO } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { READS, WRITES } from '../../support/attempts.js'
import { closed, sealed, User, unwrapped, type userOf, world } from './users.js'

describe('the entity was rebuilt from its DTO, which knows no encryption', () => {
  const throughJson = () => fromEntityDTO(JSON.parse(JSON.stringify(User.build(EntityDTO)))) as never
  const inMemory = () => fromEntityDTO(User.build(EntityDTO)) as never
  const rebuilt = (make: () => never, client: DynamoDBDocumentClient) => {
    const entity = make() as ReturnType<typeof userOf>
    entity.table.documentClient = client
    return entity
  }

  test.each([
    ['JSON', throughJson],
    ['an object', inMemory],
  ])('as %s: it is not registered, and the error says how to go on', async (_, make) => {
    const error = await closed(() => sealed.register(rebuilt(make, sealed)))
    expect(error).toMatchObject({ name: 'ToolboxError', code: 'invalid-schema' })
    expect(error.message).toMatch(/'ssn' .*fromSchemaDTO\(\).*Annotate it again with encrypted\(\)/)
  })

  test.each([
    ['as JSON, sealed client', throughJson, () => sealed],
    ['as JSON, unwrapped client', throughJson, unwrapped],
    ['as an object, sealed client', inMemory, () => sealed],
    ['as an object, unwrapped client', inMemory, unwrapped],
  ])('%s: it writes nothing and loads nothing', async (_, make, client) => {
    for (const [, attempt] of WRITES) {
      const error = await closed(() => attempt(rebuilt(make, client())))
      // JavaScript's own error, where JSON has left no code that could say more.
      if (make === throughJson) expect(error.message).toBe('Cannot convert object to primitive value')
      else
        expect(error.message).toMatch(/rebuilt from a DTO.*Annotate the attribute again with encrypted\(\)/)
    }
    expect(world.proxy.sent).toEqual([])
    for (const [, attempt] of READS) await closed(() => attempt(rebuilt(make, client())))
  })

  test('the DTO says it, for whoever looks there', () => {
    expect(JSON.stringify(User.build(EntityDTO))).toContain('Annotate the attribute again with encrypted()')
  })
})
