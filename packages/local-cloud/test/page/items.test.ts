import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createGlobalTable, documentClient, dynamoClient } from '../clients.js'
import { cloud, EAST, WEST } from '../twoRegions.js'
import { browse, rows } from './browse.js'
import { seal } from './seal.js'

const VECTORS = new URL('../../../../test/vectors/envelope/positive.json', import.meta.url)

interface Vector {
  readonly envelope?: string
  readonly fields: readonly { readonly field: string }[]
}

describe('a table’s items', () => {
  const path = (table: string, region = EAST) =>
    `/_local/page/table?${new URLSearchParams({ region, table })}`
  const firstLink = (body: string, text: string) =>
    (new RegExp(`href="([^"]*)"[^>]*>\\s*${text}`).exec(body)?.[1] ?? '').replaceAll('&amp;', '&')

  it('are listed page by page, each with a link to it', async () => {
    await createGlobalTable(cloud, 'many', [EAST])
    for (let n = 0; n < 30; n++)
      await documentClient(cloud, EAST).put({ TableName: 'many', Item: { id: `item ${n}`, other: n } })
    const first = await browse(cloud, path('many'))
    const second = await browse(cloud, firstLink(first.body, 'Next 25 items'))
    expect(second.body).not.toContain('Next 25 items')
    const listed = [first, second].flatMap(({ body }) => rows(body, 'items').slice(1))
    expect(listed).toHaveLength(30)
    expect(new Set(listed.map(([id]) => id)).size).toBe(30)
    expect(listed[0]?.slice(1)).toEqual(['other', 'none'])
    const item = await browse(cloud, firstLink(first.body, '<code>item 7<'))
    expect(rows(item.body, 'item').slice(1)).toEqual([
      ['id', '{&quot;S&quot;:&quot;item 7&quot;}', ''],
      ['other', '{&quot;N&quot;:&quot;7&quot;}', ''],
    ])
  })

  it.each(['a.b', '-._-', 'x'.repeat(255), 'CON', '__proto__', 'constructor'])(
    'are found in a table called %s',
    async TableName => {
      await createGlobalTable(cloud, TableName, [EAST, WEST])
      await documentClient(cloud, EAST).put({ TableName, Item: { id: '1' } })
      const link = firstLink(
        (await browse(cloud, '/')).body.replace(new RegExp(`^.*<code>${TableName}<`, 's'), ''),
        '1 item',
      )
      expect(rows((await browse(cloud, link)).body, 'items').slice(1)).toEqual([['1', '', 'none']])
      await dynamoClient(cloud, EAST).deleteTable({ TableName })
      await dynamoClient(cloud, WEST).deleteTable({ TableName })
    },
  )

  it('are shown with the headers of the messages in them, however deep', async () => {
    const TableName = 'sealed'
    await createGlobalTable(cloud, TableName, [EAST])
    const message = await seal()
    const Item = {
      id: '1',
      own: message,
      list: [{ deep: message }],
      set: new Set([message]),
      bytes: Buffer.from('x'),
    }
    await documentClient(cloud, EAST).put({ TableName, Item })
    const list = await browse(cloud, path(TableName))
    expect(rows(list.body, 'items').slice(1)).toEqual([['1', 'bytes, list, own, set', '3']])
    const { body } = await browse(cloud, firstLink(list.body, '<code>1<'))
    const headers = Object.fromEntries(rows(body, 'item').map(([name, , header]) => [name, header]))
    const header = new RegExp(
      `^Message AWS Encryption SDK format 2.0, ${message.length} bytes, header \\d+ bytes ` +
        'Suite 0x0478, AES-256-GCM, HKDF-SHA-512, key commitment Encryption context tenant = acme ' +
        'Data key [0-9a-f]+ a namespace, 48 bytes Content 7 bytes, in 1 frame of at most 4096 bytes Message id [0-9a-f]{64}$',
    )
    expect(headers).toMatchObject({
      id: '',
      bytes: '',
      own: expect.stringMatching(header),
      list: expect.stringMatching(/^At \[0\]\.deep Message AWS/),
      set: expect.stringMatching(/^At \[0\] Message AWS/),
    })
  })

  it('are shown with envelope and fields of format 2, of which the envelope is not counted', async () => {
    const TableName = 'enveloped'
    await createGlobalTable(cloud, TableName, [EAST])
    const { items } = JSON.parse(readFileSync(VECTORS, 'utf8')) as { items: Vector[] }
    const short = items[0]!
    const full = items.flatMap(({ fields }) => fields).find(({ field }) => field.startsWith('da5e22'))!
    const Item = {
      id: '1',
      dynaseal: Buffer.from(short.envelope!, 'hex'),
      ssn: Buffer.from(short.fields[0]!.field, 'hex'),
      map: { full: Buffer.from(full.field, 'hex') },
    }
    await documentClient(cloud, EAST).put({ TableName, Item })
    const list = await browse(cloud, path(TableName))
    expect(rows(list.body, 'items').slice(1)).toEqual([['1', 'dynaseal, map, ssn', '2']])
    const { body } = await browse(cloud, firstLink(list.body, '<code>1<'))
    const told = Object.fromEntries(rows(body, 'item').map(([name, , inClear]) => [name, inClear]))
    expect(told).toMatchObject({
      dynaseal: expect.stringMatching(
        /^Envelope Dynaseal format 2, \d+ bytes Context tag fdceb9ad Data key [0-9a-f]+ dynaseal-vectors, 48 bytes Commitment 20300b2c[0-9a-f]{56}$/,
      ),
      ssn: 'Short field Dynaseal format 2, 47 bytes Of envelope 20300b… Content 13 bytes',
      map: expect.stringMatching(/^At \.full Full field Dynaseal format 2, \d+ bytes Context tag /),
    })
  })

  it('are compared with those of other regions', async () => {
    const TableName = 'compared'
    await createGlobalTable(cloud, TableName, [EAST, WEST])
    const east = documentClient(cloud, EAST)
    for (const id of ['a', 'b']) await east.put({ TableName, Item: { id, version: 1 } })
    await cloud.waitForReplication()
    cloud.fault({ kind: 'cut', between: [EAST, WEST] })
    await east.put({ TableName, Item: { id: 'b', version: 2 } })
    await east.put({ TableName, Item: { id: 'c' } })
    const states: string[] = []
    for (const id of ['a', 'b', 'c']) {
      const query = new URLSearchParams({
        region: EAST,
        table: TableName,
        key: JSON.stringify({ id: { S: id } }),
      })
      const { body } = await browse(cloud, `/_local/page/item?${query}`)
      states.push(/<span class="badge[^>]*>([^<]*)/.exec(body)?.[1] ?? '')
    }
    expect(states).toEqual(['the same', 'different', 'missing'])
  })

  it.each([
    ['/_local/page/table?region=mars&table=many', 404, 'There is no region mars'],
    ['/_local/page/table?region=us-east-1&table=nothing', 404, 'There is no table nothing in us-east-1.'],
    ['/_local/page/table?region=us-east-1&table=many&start=7', 400, 'no JSON object of attributes'],
    ['/_local/page/item?region=us-east-1&table=many&key={', 400, 'no JSON object of attributes'],
    [
      '/_local/page/item?region=us-east-1&table=many&key={}',
      404,
      'GetItem was refused: ValidationException: ',
    ],
  ])('that are not there: %s', async (address, status, message) => {
    const answer = await browse(cloud, address)
    expect(answer.status).toBe(status)
    expect(answer.body).toContain(message)
  })
})
