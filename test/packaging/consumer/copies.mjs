// The AWS SDK is there once, whoever loads it, so its classes can be told by; dynamodb-toolbox is there twice, and one
// copy of ours knows both.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as dynamodb from '@aws-sdk/client-dynamodb'
import * as documents from '@aws-sdk/lib-dynamodb'
import * as client from '@dynaseal/document-client'
import * as mapper from '@dynaseal/document-client/mapper'
import * as ours from '@dynaseal/toolbox'
import * as toolbox from 'dynamodb-toolbox'

const require = createRequire(import.meta.url)
assert.equal(documents.PutCommand, require('@aws-sdk/lib-dynamodb').PutCommand)
assert.equal(dynamodb.PutItemCommand, require('@aws-sdk/client-dynamodb').PutItemCommand)
const required = require('dynamodb-toolbox')
assert.notEqual(toolbox.$SET, required.$SET)
assert.equal(ours.encrypted, require('@dynaseal/toolbox').encrypted)
assert.equal(ours.encrypted, require('@dynaseal/toolbox/slim').encrypted)
assert.equal(ours.token, require('@dynaseal/toolbox/search').token)
assert.equal(client.FieldsNotOpenedError, require('@dynaseal/toolbox').FieldsNotOpenedError)
assert.equal(client.openPartially, require('@dynaseal/document-client').openPartially)
assert.equal(mapper.PendingSeal, require('@dynaseal/document-client/mapper').PendingSeal)

for (const { string, any } of [toolbox, required]) {
  const schema = ours.encrypted(string())
  assert.equal(Object.getPrototypeOf(Object.getPrototypeOf(schema)), Object.getPrototypeOf(any()))
}
