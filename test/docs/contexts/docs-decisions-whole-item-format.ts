import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Format } from '@dynaseal/core'

export { sealDocumentClient } from '@dynaseal/toolbox'
export declare const client: DynamoDBDocumentClient
export declare const secret: Uint8Array
export declare const WholeItemFormat: new (secret: Uint8Array) => Format
