/** What `dynaseal init` writes. */
export const TEMPLATE = `// What the command dynaseal works on: sealed clients, as your application makes them, with all entities of their
// tables registered. It is loaded as it is; TypeScript needs no build step.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { defineConfig } from '@dynaseal/cli'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { sealDocumentClient } from '@dynaseal/toolbox'
// The entities of your application. A table that is made without a documentClient can be used in every region here.
import { Order, User } from './src/entities.js'

// The ARNs of the multi-Region key's replicas, in any order.
const keyArns = [
  'arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab',
  'arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab',
]

function client(region: string) {
  const documentClient = DynamoDBDocumentClient.from(new DynamoDBClient({ region }))
  // Options as your application has them: encryptionContext, envelopeAttribute, logicalTableName, format ...
  // Of an application without schemas: sealDocumentClient() of @dynaseal/document-client, and .declare() for .register().
  return sealDocumentClient(documentClient, { keyring: new MrkKeyring({ keyArns, region }) }).register(User, Order)
}

export default defineConfig({
  // The first one is used where --region names no other.
  clients: [client('us-east-1'), client('us-west-2')],
})
`
