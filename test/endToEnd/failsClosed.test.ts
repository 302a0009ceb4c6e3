// What a developer forgets, or mixes up. Nothing may be sent in clear or come out as ciphertext, and whoever
// reads the error, knowing nothing of this package, must find in it what to do.
import { inspect } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, type TranslateConfig } from '@aws-sdk/lib-dynamodb'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, type SealedDocumentClient, sealDocumentClient } from '@dynaseal/toolbox'
import {
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  ConditionCheck,
  DeleteItemCommand,
  Entity,
  EntityDTO,
  executeBatchGet,
  executeBatchWrite,
  executeTransactWrite,
  fromEntityDTO,
  GetItemCommand,
  item,
  list,
  map,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  ScanCommand,
  string,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { READS, SECRET, ssnEntity, STORED as stored, WRITES } from '../support/attempts.js'
import { leaks } from '../support/recordingProxy.js'
import { withTablePerTest } from '../support/tablePerTest.js'
import { EAST, type World } from '../support/world.js'

let world: World
/** What is right: wrapped and registered. */
let sealed: SealedDocumentClient
let User: ReturnType<typeof userOf>
let tableName: string
const key = { pk: 'a', sk: '1' }
const WRAP_AND_REGISTER =
  /Give its table the document client that sealDocumentClient\(\) of @dynaseal\/toolbox returns, and call register\(entity\) on that client\.$/

withTablePerTest(async (made, name) => {
  world = made
  tableName = name
  sealed = world.sealedClient(EAST)
  User = userOf(sealed)
  sealed.register(User)
  await User.build(PutItemCommand)
    .item({ ...stored, ssn: SECRET, address: { city: SECRET } })
    .send()
})

const userOf = (documentClient: DynamoDBDocumentClient, name = tableName, entity = 'User') =>
  ssnEntity(documentClient, name, entity)

const unwrapped = (translate?: TranslateConfig) =>
  DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)), translate)
const withClassInstances = () => unwrapped({ marshallOptions: { convertClassInstanceToMap: true } })

/** Fails, and neither the wire nor the error has the plaintext, nor the error the ciphertext. */
async function closed(attempt: () => unknown): Promise<Error & { code?: string }> {
  let outcome: unknown
  try {
    outcome = await attempt()
  } catch (error) {
    const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)
    expect(leaks([...world.proxy.sent, Buffer.from(shown)], [SECRET])).toEqual([])
    expect(shown).not.toMatch(/Uint8Array\(\d{3}/)
    return error as Error
  }
  throw new Error(`It did not fail: ${inspect(outcome)}`)
}

describe('the client was not wrapped', () => {
  test.each(WRITES)('%s: nothing is sent', async (_, write) => {
    const error = await closed(() => write(userOf(unwrapped())))
    expect(error).toMatchObject({ name: 'ToolboxError', code: 'not-registered' })
    expect(error.message).toMatch(
      /^The encrypted attribute '(ssn|address)' was given a value for an entity that no sealed client knows/,
    )
    expect(error.message).toMatch(WRAP_AND_REGISTER)
    expect(world.proxy.sent).toEqual([])
  })

  test.each(READS)('%s: no ciphertext comes out', async (_, read) => {
    const error = await closed(() => read(userOf(unwrapped())))
    expect(error).toMatchObject({ name: 'ToolboxError', code: 'not-registered' })
    expect(error.message).toMatch(/^The encrypted attribute '(ssn|address)' was loaded /)
    expect(error.message).toMatch(WRAP_AND_REGISTER)
  })
})

describe('the entity was not registered', () => {
  const alone = () => userOf(world.sealedClient(EAST))
  /** Somebody else's registration does not help. */
  const besideAnother = () => {
    const client = world.sealedClient(EAST)
    const Other = new Entity({
      name: 'Other',
      table: userOf(client).table,
      schema: item({ pk: string().key(), sk: string().key(), other: string().optional() }),
    })
    client.register(Other)
    return userOf(client)
  }

  describe.each([
    ['no entity of the table was', alone],
    ['another one was', besideAnother],
  ])('%s', (_, entity) => {
    test.each(WRITES)('%s: nothing is sent', async (_, write) => {
      const error = await closed(() => write(entity()))
      expect(error).toMatchObject({ name: 'ToolboxError', code: 'not-registered' })
      expect(error.message).toContain('register(entity)')
      expect(world.proxy.sent).toEqual([])
    })

    test.each(READS)('%s: no ciphertext comes out', async (_, read) => {
      const error = await closed(() => read(entity()))
      expect(error).toMatchObject({ name: 'ToolboxError', code: 'not-registered' })
      expect(error.message).toContain('register(entity)')
    })
  })

  test('a table of which nothing is known is named', async () => {
    const error = await closed(() => alone().build(GetItemCommand).key(stored).send())
    expect(error.message).toContain(`knows no entity of table ${tableName}`)
    expect(error.message).toContain('use the document client that you gave to sealDocumentClient()')
    expect(world.proxy.sent).toEqual([])
  })
})

describe('a condition with transform: false, which dynamodb-toolbox does not encode', () => {
  const CONDITIONS = {
    eq: { eq: SECRET },
    ne: { ne: SECRET },
    lt: { lt: SECRET },
    between: { between: [SECRET, SECRET] },
    in: { in: [SECRET, SECRET] },
    beginsWith: { beginsWith: SECRET },
    contains: { contains: SECRET },
  }
  const conditions = [
    ...Object.entries(CONDITIONS).map(([name, test]) => [name, { attr: 'ssn', ...test }] as const),
    ['eq, a container', { attr: 'address', eq: { city: SECRET } }] as const,
    ['eq, inside not and or', { not: { or: [{ attr: 'ssn', eq: SECRET, transform: false }] } }] as const,
    ['contains, elements of a list', { attr: 'names', contains: SECRET }] as const,
    ['eq, an element of a list', { attr: 'names[0]', eq: SECRET }] as const,
  ].map(([name, condition]) => [name, { ...condition, transform: false }] as const)

  const withList = (documentClient: DynamoDBDocumentClient) =>
    new Entity({
      name: 'User',
      table: userOf(documentClient).table,
      schema: item({
        pk: string().key(),
        sk: string().key(),
        ssn: encrypted(string()).optional(),
        address: encrypted(map({ city: string() })).optional(),
        names: list(encrypted(string())).optional(),
      }),
    })
  /** It knows the table, but not this entity. */
  const besideAnother = () => {
    sealed = world.sealedClient(EAST)
    const { table } = userOf(sealed)
    sealed.register(
      new Entity({ name: 'Other', table, schema: item({ pk: string().key(), sk: string().key() }) }),
    )
    return sealed
  }

  describe.each([
    ['an unwrapped client', unwrapped],
    ['a sealed client that knows another entity of the table', besideAnother],
  ])('through %s, of an entity that was not registered', (_, client) => {
    test.each(conditions)('%s: nothing is sent', async (_, given) => {
      const entity = withList(client())
      const condition = given as never
      const { table } = entity
      const filters = { User: condition }
      const attempts = [
        () => entity.build(DeleteItemCommand).key(key).options({ condition }).send(),
        () => entity.build(PutItemCommand).item(key).options({ condition }).send(),
        () => entity.build(UpdateItemCommand).item(key).options({ condition }).send(),
        () => executeTransactWrite(entity.build(ConditionCheck).key(key).condition(condition) as never),
        () => table.build(ScanCommand).entities(entity).options({ filters }).send(),
        () =>
          table.build(QueryCommand).entities(entity).query({ partition: 'a' }).options({ filters }).send(),
      ]
      for (const attempt of attempts) {
        const error = await closed(attempt)
        // What schemas throw in conditions, dynamodb-toolbox leaves out of its own error.
        expect(error).toMatchObject({ code: 'actions.invalidExpressionAttributePath' })
      }
      expect(world.proxy.sent).toEqual([])
    })
  })
})

describe('the entity was rebuilt from its DTO, which knows no encryption', () => {
  const throughJson = () => fromEntityDTO(JSON.parse(JSON.stringify(User.build(EntityDTO)))) as never
  const inMemory = () => fromEntityDTO(User.build(EntityDTO)) as never
  const rebuilt = (make: () => never, client: DynamoDBDocumentClient) => {
    const entity = make() as ReturnType<typeof userOf>
    entity.table.documentClient = client
    return entity
  }

  test.each([
    ['JSON', throughJson],
    ['an object', inMemory],
  ])('as %s: it is not registered, and the error says how to go on', async (_, make) => {
    const error = await closed(() => sealed.register(rebuilt(make, sealed)))
    expect(error).toMatchObject({ name: 'ToolboxError', code: 'invalid-schema' })
    expect(error.message).toMatch(/'ssn' .*fromSchemaDTO\(\).*Annotate it again with encrypted\(\)/)
  })

  test.each([
    ['as JSON, sealed client', throughJson, () => sealed],
    ['as JSON, unwrapped client', throughJson, unwrapped],
    ['as an object, sealed client', inMemory, () => sealed],
    ['as an object, unwrapped client', inMemory, unwrapped],
  ])('%s: it writes nothing and loads nothing', async (_, make, client) => {
    for (const [, attempt] of WRITES) {
      const error = await closed(() => attempt(rebuilt(make, client())))
      // JavaScript's own error, where JSON has left no code that could say more.
      if (make === throughJson) expect(error.message).toBe('Cannot convert object to primitive value')
      else
        expect(error.message).toMatch(/rebuilt from a DTO.*Annotate the attribute again with encrypted\(\)/)
    }
    expect(world.proxy.sent).toEqual([])
    for (const [, attempt] of READS) await closed(() => attempt(rebuilt(make, client())))
  })

  test('the DTO says it, for whoever looks there', () => {
    expect(JSON.stringify(User.build(EntityDTO))).toContain('Annotate the attribute again with encrypted()')
  })
})

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
