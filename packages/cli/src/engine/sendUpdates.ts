import {
  DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb'

export type SendUpdate = (input: UpdateItemCommandInput) => Promise<UpdateItemCommandOutput>

/**
 * What sends updates through a client, as its `send` does. The AWS SDK puts its middleware together anew for each command;
 * here it is put together once, as with the SDK's option `cacheMiddleware`.
 */
export function sendUpdates(client: Pick<DynamoDBClient, 'send'>): SendUpdate {
  // Who has put something in its place is asked.
  if (client.send !== DynamoDBClient.prototype.send) return input => client.send(new UpdateItemCommand(input))
  const { middlewareStack, config } = client as DynamoDBClient
  const handle = new UpdateItemCommand({} as UpdateItemCommandInput).resolveMiddleware(
    middlewareStack,
    config,
    undefined,
  )
  return async input => (await handle({ input })).output
}
