import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

export declare function createBeaconTable(
  client: DynamoDBClient,
  TableName: string,
  otherRegion: string,
): Promise<void>
