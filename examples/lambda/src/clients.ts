import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
// Not the main entry: a function's bundle has what the function does.
import { type Features, sealDocumentClient } from '@dynaseal/toolbox/slim'
import { keyringOfEnvironment } from './keyring.js'

/** Made once, while Lambda loads the function: connections and data keys of one request serve the next ones. */
export function sealedClient(features: readonly Features[] = []) {
  return sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), {
    keyring: keyringOfEnvironment(),
    features,
  })
}
