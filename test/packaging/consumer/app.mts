import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { BranchKeyring } from '@dynaseal/branch-keyring'
import { createFormat } from '@dynaseal/core'
import { type LocalCloud, startLocalCloud } from '@dynaseal/local-cloud'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient, token } from '@dynaseal/toolbox'
import { DeleteItemCommand, Entity, type FormattedItem, item, map, string, Table } from 'dynamodb-toolbox'

const keyring = new MrkKeyring({
  keyArns: ['arn:aws:kms:eu-west-1:000000000000:key/mrk-00000000000000000000000000000000'],
})
export const format = createFormat({ keyring })
export const tenants = createFormat({
  keyring: new BranchKeyring({
    keyArns: ['arn:aws:kms:eu-west-1:000000000000:key/mrk-00000000000000000000000000000000'],
    keyStore: { tableName: 'branch-keys' },
    branchKeyId: ({ tenant }) => `tenant-${tenant}`,
  }),
})
const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient({})), { keyring })
const table = new Table({ documentClient, name: 'users', partitionKey: { name: 'id', type: 'string' } })
const User = new Entity({
  name: 'User',
  table,
  schema: item({
    id: string().key(),
    ssn: encrypted(string()),
    ssnToken: token('ssn'),
    address: encrypted(map({ city: string() })),
  }),
})
documentClient.register(User)

export const city = (user: FormattedItem<typeof User>): string => user.address.city
export const start = (): Promise<LocalCloud> => startLocalCloud({ regions: ['eu-west-1'] })

// What cannot work is a type error for a consumer, too.
// @ts-expect-error a key cannot be encrypted
encrypted(string().key())
const refused = User.build(DeleteItemCommand).options({ condition: { attr: 'ssn', eq: '078-05-1120' } })
// @ts-expect-error ciphertext cannot be compared, so there is nothing to send
refused.send
export const accepted = User.build(DeleteItemCommand).options({
  condition: { attr: 'ssn', exists: true },
}).send
