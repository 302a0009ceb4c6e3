// A document client that is not the one, or not made as it has to be.
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { sealDocumentClient } from '@dynaseal/toolbox'
import {
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  ConditionCheck,
  Entity,
  executeBatchGet,
  executeBatchWrite,
  executeTransactWrite,
  GetItemCommand,
  item,
  PutTransaction,
  string,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { READS, SECRET, STORED as stored, WRITES } from '../../support/attempts.js'
import { leaks } from '../../support/recordingProxy.js'
import { EAST } from '../../support/world.js'
import { closed, key, sealed, tableName, User, unwrapped, userOf, world } from './users.js'

const withClassInstances = () => unwrapped({ marshallOptions: { convertClassInstanceToMap: true } })

describe('convertClassInstanceToMap', () => {
  test('the client is not wrapped, and the error names the option', async () => {
    const wrap = () => sealDocumentClient(withClassInstances(), { keyring: world.keyring(EAST) })
    const error = await closed(wrap)
    expect(error).toMatchObject({ name: 'ToolboxError', code: 'invalid-client' })
    expect(error.message).toMatch(
      /convertClassInstanceToMap.*Make the document client without it, and give copies of instances/,
    )
  })

  test.each(WRITES)('%s through a client that has it: nothing is sent', async (_, write) => {
    User.table.documentClient = withClassInstances()
    const error = await closed(() => write(User))
    expect(error).toMatchObject({ name: 'ToolboxError', code: 'client-not-sealed' })
    expect(error.message).toContain('Give the table a document client from sealDocumentClient()')
    expect(world.proxy.sent).toEqual([])
  })
})

describe('clients were mixed', () => {
  const ANOTHER = (name: string) => userOf(unwrapped(), `another-${name}`, 'Another')

  test.each(WRITES)(
    '%s of a registered entity through an unwrapped client: nothing is sent',
    async (_, write) => {
      User.table.documentClient = unwrapped()
      const error = await closed(() => write(User))
      expect(error.message).toContain('the table needs a document client from sealDocumentClient()')
      expect(error.message).toContain('and not the option named next')
      expect(world.proxy.sent).toEqual([])
    },
  )

  test.each(READS)('%s of a registered entity through an unwrapped client', async (_, read) => {
    User.table.documentClient = unwrapped()
    const error = await closed(() => read(User))
    expect(error).toMatchObject({ name: 'ToolboxError', code: 'client-not-sealed' })
    expect(error.message).toMatch(/'ssn' arrived as ciphertext\. Give the table the document client from/)
  })

  test('execute({ documentClient }) goes round the sealed client', async () => {
    const documentClient = unwrapped()
    const put = User.build(BatchPutRequest).item({ ...key, ssn: SECRET })
    const writing = await closed(() =>
      executeBatchWrite({ documentClient }, User.table.build(BatchWriteCommand).requests(put)),
    )
    expect(writing.message).toContain('sealDocumentClient()')
    expect(world.proxy.sent).toEqual([])
    const get = User.table.build(BatchGetCommand).requests(User.build(BatchGetRequest).key(stored))
    const reading = await closed(() => executeBatchGet({ documentClient }, get.options({ consistent: true })))
    expect(reading).toMatchObject({ code: 'client-not-sealed' })
  })

  test('a batch goes through the client of its first table', async () => {
    const name = `another-${tableName}`
    await world.createTable(name)
    const Another = new Entity({
      name: 'Another',
      table: ANOTHER(tableName).table,
      schema: item({ pk: string().key(), sk: string().key() }),
    })
    world.proxy.sent.length = 0
    const clear = Another.table.build(BatchWriteCommand).requests(Another.build(BatchPutRequest).item(key))
    const secret = User.table
      .build(BatchWriteCommand)
      .requests(User.build(BatchPutRequest).item({ ...key, ssn: SECRET }))
    expect((await closed(() => executeBatchWrite(clear, secret))).message).toContain('sealDocumentClient()')
    const error = await closed(() => executeBatchWrite(secret, clear))
    expect(error).toMatchObject({ code: 'not-registered' })
    expect(error.message).toContain(`knows no entity of table ${name}`)
    expect(world.proxy.sent).toEqual([])
    Another.table.documentClient = sealed
    sealed.register(Another)
    await executeBatchWrite(secret, clear)
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test('a transaction goes through the client of its first entity', async () => {
    const Another = ANOTHER(tableName)
    const check = Another.build(ConditionCheck).key(key).condition({ attr: 'plain', eq: 'x' })
    const put = User.build(PutTransaction).item({ ...key, ssn: SECRET })
    expect((await closed(() => executeTransactWrite(check, put))).message).toContain('sealDocumentClient()')
    const error = await closed(() => executeTransactWrite(put, check))
    expect(error.message).toContain(`knows no entity of table another-${tableName}`)
    expect(world.proxy.sent).toEqual([])
  })

  test('an entity is registered on another client than its table has', async () => {
    for (const documentClient of [unwrapped(), world.sealedClient(EAST)]) {
      const error = await closed(() => sealed.register(userOf(documentClient)))
      expect(error).toMatchObject({ code: 'invalid-client' })
      expect(error.message).toMatch(
        new RegExp(
          `User is registered.*table ${tableName} has another document client, on which it is not registered. Give the table this`,
        ),
      )
    }
    const Later = userOf(sealed)
    Later.table.documentClient = undefined as never
    sealed.register(Later)
    sealed.register(userOf(Object.create(sealed)))
    sealed.register(userOf((() => sealed) as never))
    // Another sealed client may read it too, or write it, once the table's own knows it.
    sealed.register(User)
    world.sealedClient(EAST).register(User)
  })

  test('the table of a registered entity is given another sealed client', async () => {
    User.table.documentClient = world.sealedClient(EAST)
    for (const [, attempt] of [...WRITES, ...READS]) {
      const error = await closed(() => attempt(User))
      expect(error).toMatchObject({ name: 'ToolboxError', code: 'not-registered' })
      expect(error.message).toMatch(
        new RegExp(`knows no entity of table ${tableName}.*Call register\\(entity\\) on it`),
      )
    }
    expect(world.proxy.sent).toEqual([])
  })

  test('a client with the keyring of another key', async () => {
    const kms = new KMSClient(world.config(EAST))
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
    const keyring = new MrkKeyring({ keyArns: [KeyMetadata?.Arn as string], region: EAST, client: () => kms })
    const other = world.sealedClient(EAST, { keyring })
    const Reader = userOf(other)
    other.register(Reader)
    const error = await closed(() =>
      Reader.build(GetItemCommand).key(stored).options({ consistent: true }).send(),
    )
    expect(error).toMatchObject({ name: 'FieldsNotOpenedError', failures: [{ code: 'key-unavailable' }, {}] })
    expect(error.message).toMatch(/ssn of an item in table .*may decrypt/)
  })

  test('a client is wrapped twice', async () => {
    const error = await closed(() => sealDocumentClient(sealed, { keyring: world.keyring(EAST) }))
    expect(error).toMatchObject({ name: 'ToolboxError', code: 'invalid-client' })
    expect(error.message).toMatch(/sealed already: use it as it is/)
  })
})
