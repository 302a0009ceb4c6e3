export { DynamoDBClient } from '@aws-sdk/client-dynamodb'
export { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
export { MrkKeyring } from '@dynaseal/mrk-keyring'
export { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
export { Entity, item, map, string, Table } from 'dynamodb-toolbox'
export declare const keyArns: string[]
