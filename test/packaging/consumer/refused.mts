import { encrypted, type SealedDocumentClient } from '@dynaseal/toolbox'
import { DeleteItemCommand, Entity, item, string, Table } from 'dynamodb-toolbox'

const indexes = { byMail: { type: 'global', partitionKey: { name: 'mail', type: 'string' } } } as const
const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' }, indexes })
const schema = item({ id: string().key(), ssn: encrypted(string()), mail: encrypted(string()) })
const User = new Entity({ name: 'User', table, schema })
declare const client: SealedDocumentClient

/* Each line with a comment is an error, which says what the comment says. */
encrypted(string().key()) // A key attribute cannot be encrypted: DynamoDB finds items by its value.
const command = User.build(DeleteItemCommand).options({ condition: { attr: 'ssn', eq: '1' } })
command.send() // An encrypted attribute can only be tested for existence: DynamoDB sees ciphertext.
client.register(User) // A key, an index key, a time to live and the entity attribute cannot be encrypted: DynamoDB or dynamodb-toolbox reads them.
