import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient } from '@dynaseal/toolbox'
import { keyringOfEnvironment } from './keyring.js'

// Made once, while Lambda loads the function: connections and data keys of one request serve the next ones.
export const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), {
  keyring: keyringOfEnvironment(),
})
