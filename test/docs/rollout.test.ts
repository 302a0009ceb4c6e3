import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import {
  any,
  Entity,
  GetItemCommand,
  item,
  number,
  PutItemCommand,
  string,
  Table,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { beforeAll, expect, test } from 'vitest'
import { createTable, keyArns } from './contexts/cloud.js'
import { read } from './markdown.js'

const keyring = new MrkKeyring({ keyArns })
const unsealed = () => DynamoDBDocumentClient.from(new DynamoDBClient())
const sealed = () => sealDocumentClient(unsealed(), { keyring })
const migrating = () => sealDocumentClient(unsealed(), { keyring, plaintext: 'allow' })
const SSN = '078-05-1120'

beforeAll(() => createTable('members', { pk: 'id' }))

/** The same entity as applications have it that are not of one version. */
function member(documentClient: DynamoDBDocumentClient, isEncrypted: boolean) {
  const table = new Table({
    documentClient,
    name: 'members',
    partitionKey: { name: 'id', type: 'string' },
  })
  const [id, count] = [string().key(), number().optional()]
  // Both have the same types.
  const schema = isEncrypted
    ? (item({ id, count, ssn: encrypted(string()) }) as never)
    : item({ id, count, ssn: string() })
  const entity = new Entity({ name: 'Member', table, schema })
  if ('register' in documentClient) (documentClient as ReturnType<typeof sealed>).register(entity)
  return entity
}
type Member = ReturnType<typeof member>

const put = (entity: Member, id: string) => entity.build(PutItemCommand).item({ id, ssn: SSN }).send()

/** What an application makes of an item. */
async function reads(entity: Member, id: string): Promise<string> {
  try {
    const { Item } = await entity.build(GetItemCommand).key({ id }).options({ consistent: true }).send()
    return Item?.ssn === SSN ? 'the value' : String(Item?.ssn)
  } catch (error) {
    return reason(error)
  }
}

function reason(error: unknown): string {
  const { message, code, failures } = error as {
    message: string
    code: string
    failures?: { code: string }[]
  }
  if (message.includes('Should be a string')) return '`Should be a string`'
  return `\`${failures?.[0]?.code ?? code}\``
}

/** What is stored after an application has written an item. */
async function writes(entity: Member): Promise<string> {
  const id = 'written'
  try {
    await put(entity, id)
  } catch (error) {
    return reason(error)
  }
  const { Item } = await unsealed().send(
    new GetCommand({ TableName: 'members', Key: { id }, ConsistentRead: true }),
  )
  if (Item?.ssn === SSN) return 'in clear'
  return Item?.ssn instanceof Uint8Array ? 'sealed' : 'nothing'
}

test('the table of schemas and clients says what happens', async () => {
  await put(member(unsealed(), false), 'clear')
  await put(member(sealed(), true), 'sealed')
  const rows: string[] = []
  for (const [name, client, isEncrypted] of [
    ['`string()`, unsealed', unsealed, false],
    ['`string()`, sealed', sealed, false],
    ['`encrypted()`, unsealed', unsealed, true],
    ['`encrypted()`, sealed', sealed, true],
    ["`encrypted()`, sealed with `plaintext: 'allow'`", migrating, true],
  ] as const) {
    const entity = () => member(client(), isEncrypted)
    const cells = [await reads(entity(), 'clear'), await reads(entity(), 'sealed'), await writes(entity())]
    rows.push(`| ${[name, ...cells].join(' | ')} |`)
  }
  const page = read('docs/migrating.md').replaceAll('**', '')
  expect(rows.filter(row => !page.includes(row))).toEqual([])
})

test('the table of versions says which fail side by side', async () => {
  const versions = [
    { writer: member(unsealed(), false), reader: member(unsealed(), false) },
    { writer: member(unsealed(), false), reader: member(migrating(), true) },
    { writer: member(migrating(), true), reader: member(migrating(), true) },
    { writer: member(sealed(), true), reader: member(sealed(), true) },
  ]
  const fails = async (reader: number, writer: number) => {
    await put(versions[writer]!.writer, 'shared')
    return (await reads(versions[reader]!.reader, 'shared')) !== 'the value'
  }
  const page = read('docs/migrating.md')
  const rows = [
    ...page.matchAll(/^\| (\d) and (\d) \| (nothing|(\d), where it reads what (\d) has written)/gm),
  ]
  expect(rows).toHaveLength(5)
  for (const [row, one, other, , failing, writer] of rows) {
    const pairs = [one, other].flatMap(by => [one, other].map(of => [by, of]))
    for (const [by, of] of pairs)
      expect(await fails(Number(by), Number(of)), `${row}: ${by} reads ${of}`).toBe(
        by === failing && of === writer,
      )
  }
})

test('an old version that updates one attribute puts that one in clear', async () => {
  await put(member(sealed(), true), 'updated')
  const old = member(unsealed(), false)
  await old.build(UpdateItemCommand).item({ id: 'updated', count: 1 }).send()
  expect(await reads(member(sealed(), true), 'updated')).toBe('the value')
  await old.build(UpdateItemCommand).item({ id: 'updated', ssn: SSN }).send()
  expect(await reads(member(sealed(), true), 'updated')).toBe('`not-a-message`')
})

test('an attribute that takes bytes does not notice ciphertext', async () => {
  await put(member(sealed(), true), 'bytes')
  const table = new Table({
    documentClient: unsealed(),
    name: 'members',
    partitionKey: { name: 'id', type: 'string' },
  })
  const Loose = new Entity({ name: 'Member', table, schema: item({ id: string().key(), ssn: any() }) })
  const { Item } = await Loose.build(GetItemCommand).key({ id: 'bytes' }).send()
  expect(Item?.ssn).toBeInstanceOf(Uint8Array)
})
