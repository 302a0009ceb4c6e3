// A value for an encrypted attribute in a condition that nothing encodes.
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { encrypted } from '@dynaseal/toolbox'
import {
  ConditionCheck,
  DeleteItemCommand,
  Entity,
  executeTransactWrite,
  item,
  list,
  map,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  string,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { SECRET } from '../../support/attempts.js'
import { EAST } from '../../support/world.js'
import { closed, key, unwrapped, userOf, world } from './users.js'

describe('a condition with transform: false, which dynamodb-toolbox does not encode', () => {
  const CONDITIONS = {
    eq: { eq: SECRET },
    ne: { ne: SECRET },
    lt: { lt: SECRET },
    between: { between: [SECRET, SECRET] },
    in: { in: [SECRET, SECRET] },
    beginsWith: { beginsWith: SECRET },
    contains: { contains: SECRET },
  }
  const conditions = [
    ...Object.entries(CONDITIONS).map(([name, test]) => [name, { attr: 'ssn', ...test }] as const),
    ['eq, a container', { attr: 'address', eq: { city: SECRET } }] as const,
    ['eq, inside not and or', { not: { or: [{ attr: 'ssn', eq: SECRET, transform: false }] } }] as const,
    ['contains, elements of a list', { attr: 'names', contains: SECRET }] as const,
    ['eq, an element of a list', { attr: 'names[0]', eq: SECRET }] as const,
  ].map(([name, condition]) => [name, { ...condition, transform: false }] as const)

  const withList = (documentClient: DynamoDBDocumentClient) =>
    new Entity({
      name: 'User',
      table: userOf(documentClient).table,
      schema: item({
        pk: string().key(),
        sk: string().key(),
        ssn: encrypted(string()).optional(),
        address: encrypted(map({ city: string() })).optional(),
        names: list(encrypted(string())).optional(),
      }),
    })
  /** It knows the table, but not this entity. */
  const besideAnother = () => {
    const sealed = world.sealedClient(EAST)
    const { table } = userOf(sealed)
    sealed.register(
      new Entity({ name: 'Other', table, schema: item({ pk: string().key(), sk: string().key() }) }),
    )
    return sealed
  }

  describe.each([
    ['an unwrapped client', unwrapped],
    ['a sealed client that knows another entity of the table', besideAnother],
  ])('through %s, of an entity that was not registered', (_, client) => {
    test.each(conditions)('%s: nothing is sent', async (_, given) => {
      const entity = withList(client())
      const condition = given as never
      const { table } = entity
      const filters = { User: condition }
      const attempts = [
        () => entity.build(DeleteItemCommand).key(key).options({ condition }).send(),
        () => entity.build(PutItemCommand).item(key).options({ condition }).send(),
        () => entity.build(UpdateItemCommand).item(key).options({ condition }).send(),
        () => executeTransactWrite(entity.build(ConditionCheck).key(key).condition(condition) as never),
        () => table.build(ScanCommand).entities(entity).options({ filters }).send(),
        () =>
          table.build(QueryCommand).entities(entity).query({ partition: 'a' }).options({ filters }).send(),
      ]
      for (const attempt of attempts) {
        const error = await closed(attempt)
        // What schemas throw in conditions, dynamodb-toolbox leaves out of its own error.
        expect(error).toMatchObject({ code: 'actions.invalidExpressionAttributePath' })
      }
      expect(world.proxy.sent).toEqual([])
    })
  })
})
