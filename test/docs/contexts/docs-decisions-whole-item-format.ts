import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Format, FormatOptions } from '@dynaseal/core'

export { sealDocumentClient } from '@dynaseal/toolbox'
export declare const client: DynamoDBDocumentClient
export declare const keyring: FormatOptions['keyring']
export declare const WholeItemFormat: new (options: FormatOptions) => Format
