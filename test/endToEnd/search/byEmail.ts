// People who are found by their email address, with search keys of several versions. The world stands for the tests of the
// file which imports this.
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { search } from '@dynaseal/document-client'
import { expect } from 'vitest'
import { TABLE, withSearchTable } from '../../support/searchTable.js'
import type { World } from '../../support/world.js'
import type { declaredClient } from './declaredClient.js'

export let world: World
export let keys: [Uint8Array, Uint8Array, Uint8Array]
withSearchTable((made, all) => {
  world = made
  keys = [...all]
})

export type Client = Pick<ReturnType<typeof declaredClient>, 'send'>
export interface Person {
  pk: string
  sk: string
  at: number
  email: string
}
export const put = (client: Client, Item: Person) => client.send(new PutCommand({ TableName: TABLE, Item }))
export const byEmail = (email: string, more: object = {}) =>
  new QueryCommand({
    TableName: TABLE,
    IndexName: 'byEmail',
    KeyConditionExpression: 'gsi = :email',
    ExpressionAttributeValues: { ':email': search(email) },
    ...more,
  })
/** All pages; each start key goes through JSON, as applications hand it out. */
export async function all(client: Client, email: string, more: object = {}): Promise<Person[][]> {
  const pages: Person[][] = []
  let ExclusiveStartKey: Record<string, unknown> | undefined
  do {
    const start =
      ExclusiveStartKey === undefined
        ? {}
        : { ExclusiveStartKey: JSON.parse(JSON.stringify(ExclusiveStartKey)) }
    const { Items, Count, LastEvaluatedKey } = await client.send(byEmail(email, { ...more, ...start }))
    expect(Count).toBe(Items?.length)
    pages.push(Items as Person[])
    ExclusiveStartKey = LastEvaluatedKey
    expect(pages.length).toBeLessThan(200)
  } while (ExclusiveStartKey !== undefined)
  return pages
}
export const ats = (pages: Person[][]) => pages.flat().map(({ at }) => at)
