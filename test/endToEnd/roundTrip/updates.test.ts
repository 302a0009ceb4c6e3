import { $remove, $set, GetItemCommand, PutItemCommand, UpdateItemCommand } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { EAST, WEST } from '../../support/world.js'
import { key, loadedPlainly, open, plainly, SECRETS, withUsers, world } from './users.js'

withUsers()

describe('updates', () => {
  test('a leaf, a container, a removal, list positions, appends, record keys', async () => {
    const { User } = open(EAST)
    await User.build(PutItemCommand).item(plainly).send()
    await User.build(UpdateItemCommand)
      .item({
        ...key,
        text: 'updated plaintext',
        address: $set({ city: 'Oslo', country: 'NO' }),
        amount: $remove(),
        nested: { shut: 'updated plaintext' },
        codes: { 1: 'replaced' },
        byName: { second: 'added' },
      })
      .send()
    const { Item } = await User.build(GetItemCommand).key(key).send()
    const { amount: _, ...kept } = loadedPlainly
    expect(Item).toMatchObject({
      ...kept,
      text: 'updated plaintext',
      address: { city: 'Oslo', country: 'NO' },
      nested: { open: 'in clear', shut: 'updated plaintext' },
      codes: ['code plaintext one', 'replaced'],
      byName: { first: 'byname plaintext', second: 'added' },
    })
    expect(Item).not.toHaveProperty('amount')
  })

  test('one field updated in the second region is read in the first', async () => {
    const east = open(EAST)
    const west = open(WEST)
    await east.User.build(PutItemCommand).item(plainly).send()
    await world.cloud.waitForReplication()
    await west.User.build(UpdateItemCommand)
      .item({ ...key, text: 'from the west' })
      .send()
    await world.cloud.waitForReplication()
    const { Item } = await east.User.build(GetItemCommand).key(key).send()
    expect(Item).toMatchObject({ ...loadedPlainly, text: 'from the west' })
  })

  test.each(['ALL_NEW', 'ALL_OLD', 'UPDATED_NEW', 'UPDATED_OLD'] as const)(
    'return values %s come back open',
    async returnValues => {
      const { User } = open(EAST)
      await User.build(PutItemCommand).item(plainly).send()
      const { Attributes } = await User.build(UpdateItemCommand)
        .item({ ...key, text: 'updated plaintext', nested: { shut: 'new' } })
        .options({ returnValues })
        .send()
      const isNew = returnValues.endsWith('NEW')
      expect(Attributes).toMatchObject({
        text: isNew ? 'updated plaintext' : SECRETS.text,
        nested: { shut: isNew ? 'new' : 'shut plaintext' },
      })
    },
  )

  test('elements of an encrypted list of strings may be reordered by removing one', async () => {
    const { User } = open(EAST)
    await User.build(PutItemCommand).item(plainly).send()
    await User.build(UpdateItemCommand)
      .item({ ...key, codes: { 0: $remove() } })
      .send()
    const { Item } = await User.build(GetItemCommand).key(key).send()
    expect(Item?.codes).toEqual(['code plaintext two'])
  })
})
