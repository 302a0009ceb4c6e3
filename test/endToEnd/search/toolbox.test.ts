// Search tokens as attributes of schemas: stored beside what they are of, and hidden.
import { search } from '@dynaseal/toolbox'
import {
  $remove,
  $set,
  BatchPutRequest,
  BatchWriteCommand,
  executeBatchWrite,
  executeTransactWrite,
  GetItemCommand,
  PutItemCommand,
  PutTransaction,
  ScanCommand,
  UpdateAttributesCommand,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { type Ada, EMAIL, error, isToken, type Person, withPerson } from './person.js'

const own = withPerson()

describe('what is found by several tokens, in sets, lists and maps', () => {
  const WRITES = {
    put: (Person: Person, input: Ada) => Person.build(PutItemCommand).item(input).send(),
    'batch put': (Person: Person, input: Ada) =>
      executeBatchWrite(
        Person.table.build(BatchWriteCommand).requests(Person.build(BatchPutRequest).item(input)),
      ),
    'put in a transaction': (Person: Person, input: Ada) =>
      executeTransactWrite(Person.build(PutTransaction).item(input)),
    update: (Person: Person, { nested, words, ...input }: Ada) =>
      Person.build(UpdateItemCommand)
        .item({ ...input, nested: $set(nested), words: $set(words) })
        .send(),
    'update of attributes': (Person: Person, input: Ada) =>
      Person.build(UpdateAttributesCommand).item(input).send(),
    'update in a transaction': (Person: Person, { nested, words, ...input }: Ada) =>
      executeTransactWrite(
        Person.build(UpdateTransaction).item({ ...input, nested: $set(nested), words: $set(words) }),
      ),
  }

  test.each(Object.entries(WRITES))('%s stores tokens, by which its item is found', async (_, write) => {
    const { table, Person } = own.registered()
    const given = own.ada()
    await write(Person, given)
    const key = { pk: given.pk, sk: given.sk }
    await expect
      .poll(() => own.stored(key))
      .toMatchObject({
        gsi: isToken,
        nameToken: isToken,
        tagsToken: expect.any(Set),
        wordsToken: expect.any(Set),
        lsi: isToken,
        both: isToken,
        nested: { zipToken: isToken },
      })
    const { tagsToken, wordsToken } = (await own.stored(key)) ?? {}
    expect([...tagsToken, ...wordsToken].map(text => text.replace(/[\w-]{22}$/, 'long').length)).toEqual([
      13, 13, 6, 6,
    ])
    const { Item } = await Person.build(GetItemCommand).key(key).options({ consistent: true }).send()
    expect(Item).toMatchObject(given)
    expect(Object.keys({ ...Item, ...Item?.nested }).filter(name => /Token|both|gsi|lsi/.test(name))).toEqual(
      [],
    )

    for (const filter of [
      { attr: 'nameToken', in: [search('nobody'), search(given.name)] },
      {
        and: [
          { attr: 'sk', eq: given.sk },
          { attr: 'emailToken', eq: search('ada@example.com') },
        ],
      },
      { attr: 'tagsToken', contains: search(`tag-secret ${given.at}`) },
      {
        and: [
          { attr: 'sk', eq: given.sk },
          { attr: 'wordsToken', contains: search('two') },
        ],
      },
      { attr: 'both', eq: search(['a', given.name]) },
      { attr: 'nested.zipToken', eq: search(given.nested.zip) },
    ] as const) {
      const scan = table
        .build(ScanCommand)
        .entities(Person)
        .options({ filters: { Person: filter } as never })
      const { Items } = await scan.send()
      expect(Items, JSON.stringify(filter)).toMatchObject([given])
    }
    expect(own.leaked()).toEqual([])
    expect(JSON.stringify(own.world.proxy.sent)).not.toMatch(/searched value/)
  })
})

describe('an update', () => {
  const base = () => {
    const { pk, sk } = own.ada()
    return { pk, sk }
  }
  test('that removes a value removes its token, and one that sets it to another sets that', async () => {
    const { table, Person } = own.registered()
    await Person.build(PutItemCommand).item(own.ada()).send()
    await Person.build(UpdateItemCommand)
      .item({ ...base(), email: $remove(), tags: $remove(), words: $set([]), nested: { zip: $remove() } })
      .send()
    const after = await own.stored(base())
    expect(after).not.toHaveProperty('gsi')
    expect(after).not.toHaveProperty('tagsToken')
    expect(after).not.toHaveProperty('wordsToken')
    expect(after?.nested).toEqual({})
    expect(after).toMatchObject({ nameToken: isToken })
    await Person.build(UpdateItemCommand)
      .item({ ...base(), name: 'Byron', nested: { zip: 'new' } })
      .send()
    const find = async (name: string) =>
      (
        await table
          .build(ScanCommand)
          .entities(Person)
          .options({
            filters: {
              Person: {
                and: [
                  { attr: 'sk', eq: base().sk },
                  { attr: 'both', eq: search(['a', name]) },
                ],
              },
            },
          })
          .send()
      ).Items?.length
    expect([await find(own.ada().name), await find('Byron')]).toEqual([0, 1])
    expect((await own.stored(base()))?.nested).toMatchObject({ zipToken: isToken })
  })

  test('returns no tokens', async () => {
    const { Person } = own.registered()
    for (const returnValues of ['ALL_NEW', 'UPDATED_NEW', 'ALL_OLD', 'UPDATED_OLD'] as const) {
      const { Attributes } = await Person.build(UpdateItemCommand)
        .item({ ...base(), email: EMAIL, city: 'Oslo' })
        .options({ returnValues })
        .send()
      expect(JSON.stringify(Attributes ?? {})).not.toMatch(/"(gsi|lsi|both)"|Token|"1\./)
    }
  })

  test('of a part of what a token is of is refused', async () => {
    const { Person } = own.registered()
    const update = Person.build(UpdateItemCommand).item({ ...base(), words: { 0: 'three' } } as never)
    await expect(update.send()).rejects.toEqual(
      error('update-refused', /wordsToken.*'words\[0\]' is a part.*SET the whole/),
    )
  })
})
