// What features do, with clients of the slim entries that were given all of them.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type * as DocumentClient from '@dynaseal/document-client'
import type * as Toolbox from '@dynaseal/toolbox'
import { describe, vi } from 'vitest'

vi.mock('@dynaseal/toolbox', async (): Promise<typeof Toolbox> => {
  const slim = await import('@dynaseal/toolbox/slim')
  const { searchTokens, ...search } = await import('@dynaseal/toolbox/search')
  const { arrivals } = await import('@dynaseal/toolbox/arriving')
  const { messages } = await import('@dynaseal/toolbox/messages')
  const { wholeItems } = await import('@dynaseal/toolbox/whole-items')
  const features = [arrivals, messages, searchTokens, wholeItems]
  return {
    ...slim,
    ...search,
    sealDocumentClient: (client, options) => slim.sealDocumentClient(client, { ...options, features }),
  }
})

vi.mock('@dynaseal/document-client', async (): Promise<typeof DocumentClient> => {
  const slim = await import('@dynaseal/document-client/slim')
  const { searchTokens, ...search } = await import('@dynaseal/document-client/search')
  const { arrivals } = await import('@dynaseal/document-client/arriving')
  const { messages } = await import('@dynaseal/document-client/messages')
  const { wholeItems } = await import('@dynaseal/document-client/whole-items')
  const features = [arrivals, messages, searchTokens, wholeItems]
  return {
    ...slim,
    ...search,
    sealDocumentClient: <CLIENT extends DynamoDBDocumentClient>(
      client: CLIENT,
      options: DocumentClient.SealOptions,
    ) => slim.sealDocumentClient(client, { ...options, features }),
    sealDynamoDBClient: <CLIENT extends DynamoDBClient>(
      client: CLIENT,
      options: DocumentClient.SealOptions,
    ) => slim.sealDynamoDBClient(client, { ...options, features }),
  }
})

describe('single items of entities', async () => {
  await import('../arriving/items.test.js')
})
describe('items of declared tables', async () => {
  await import('../arriving/declared.test.js')
})
describe('search tokens of schemas', async () => {
  await import('../search/toolbox.test.js')
})
describe('search tokens of declared tables', async () => {
  await import('../search/declared.test.js')
})
describe('items that are sealed as wholes', async () => {
  await import('../readChangeWrite/entities.test.js')
})
describe('transactions on them', async () => {
  await import('../readChangeWrite/transactions.test.js')
})
