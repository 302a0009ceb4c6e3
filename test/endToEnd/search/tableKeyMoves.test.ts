// Items whose key is a token are moved to a new search key, and nothing is lost of what others do meanwhile.
import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { dbEsdkFormat } from '@dynaseal/db-esdk'
import { search } from '@dynaseal/document-client'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { TABLE } from '../../support/searchTable.js'
import { EAST } from '../../support/world.js'
import { declaredClient } from './declaredClient.js'
import { type Client, declared, NEW, OLD, underEachKey, withTwoKeys } from './twoKeys.js'

const own = withTwoKeys()

describe.each(underEachKey(own))('an item %s', (_, writer, version) => {
  beforeEach(async () => {
    await own.put(writer())
  })
  const isOld = version === OLD
  test('is moved, once, and only if it is what was read', async () => {
    const [{ pk, sk } = { pk: '', sk: '' }] = await own.stored()
    expect(await own.clients.both.moveItem(TABLE, { pk, sk })).toBe(isOld)
    expect(await own.clients.both.moveItem(TABLE, { pk, sk })).toBe(false)
    expect(await own.versions()).toEqual([NEW])
    expect(await own.get(own.clients.newer)).toEqual(own.item())
    expect(leaks(own.world.proxy.sent, [own.EMAIL])).toEqual([])
  })

  test('is written with what was given, if it is moved meanwhile and the caller goes on', async () => {
    if (!isOld) return
    const [{ pk, sk } = { pk: '', sk: '' }] = await own.stored()
    const mover = declaredClient(own.world, [own.keys[1], own.keys[0]], { declared })
    const values = { ':name': 'two' }
    let seen = 0
    own.between = async (_, send) => {
      const output = await send()
      // It was found under the older key.
      if (++seen === 2) {
        values[':name'] = 'changed'
        expect(await mover.moveItem(TABLE, { pk, sk })).toBe(true)
      }
      return output
    }
    await own.clients.both.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: own.Key(),
        UpdateExpression: 'SET #name = :name',
        ExpressionAttributeNames: { '#name': 'name' },
        ExpressionAttributeValues: values,
      }),
    )
    expect(await own.versions()).toEqual([NEW])
    expect((await own.get())?.name).toBe('two')
  })

  test('is found, and written, if it is moved meanwhile', async () => {
    if (!isOld) return
    const [{ pk, sk } = { pk: '', sk: '' }] = await own.stored()
    const mover = declaredClient(own.world, [own.keys[1], own.keys[0]], { declared })
    const moved = async (after: number, work: () => Promise<unknown>) => {
      let seen = 0
      own.between = async (_, send) => {
        const output = await send()
        if (++seen === after) expect(await mover.moveItem(TABLE, { pk, sk })).toBe(true)
        return output
      }
      const result = await work()
      expect(await own.versions()).toEqual([NEW])
      await own.put(own.clients.both)
      await own.clients.newer.send(new DeleteCommand({ TableName: TABLE, Key: own.Key() }))
      await own.put(own.clients.older)
      return result
    }
    expect(await moved(1, own.get)).toEqual(own.item())
    expect(
      await moved(1, async () => {
        const { Responses } = await own.clients.both.send(
          new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [own.Key()], ConsistentRead: true } } }),
        )
        return Responses?.[TABLE]
      }),
    ).toEqual([own.item()])
    const update = new UpdateCommand({
      TableName: TABLE,
      Key: own.Key(),
      UpdateExpression: 'SET nr = :nr',
      ExpressionAttributeValues: { ':nr': own.count },
      ReturnValues: 'ALL_NEW',
    })
    // After it was located, and before it is written.
    expect(await moved(2, () => own.clients.both.send(update))).toMatchObject({ Attributes: own.item() })
    const one = { ConditionExpression: 'nr = :nr', ExpressionAttributeValues: { ':nr': own.count } }
    await moved(2, () => own.put(own.clients.both, {}, one))
    await moved(2, () =>
      own.clients.both.send(
        new TransactWriteCommand({
          TransactItems: [{ Put: { TableName: TABLE, Item: own.item(), ...one } }],
        }),
      ),
    )
    own.between = async (_, send) => send()
    let seen = 0
    own.between = async (_, send) => {
      const output = await send()
      if (++seen === 2) await mover.moveItem(TABLE, { pk, sk })
      return output
    }
    const { Attributes } = await own.clients.both.send(
      new DeleteCommand({ TableName: TABLE, Key: own.Key(), ReturnValues: 'ALL_OLD' }),
    )
    expect(Attributes).toEqual(own.item())
    expect(await own.stored()).toEqual([])
  })
})

test('an item of another application is moved with what that has encrypted, and not without what it finds it by', async () => {
  const format = () => dbEsdkFormat({ keyring: own.world.keyring(EAST) })
  const theirs = { ...declared, encrypted: ['email', 'name', 'diagnosis', 'nested'] }
  const writer = declaredClient(own.world, [own.keys[0]], { declared: theirs, format: format() })
  const mover = declaredClient(own.world, [own.keys[1], own.keys[0]], { declared, format: format() })
  const reader = declaredClient(own.world, [own.keys[1]], { declared, format: format() })
  const whole = own.item({ diagnosis: 'Lovelace-secret', nested: { of: 'Lovelace-secret' } })
  await own.put(writer, whole)
  const raw = (await own.stored())[0] as { pk: string; sk: string }
  own.world.proxy.sent.length = 0
  expect(await mover.moveItem(TABLE, { pk: raw.pk, sk: raw.sk })).toBe(true)
  expect(await own.versions()).toEqual([NEW])
  expect(leaks(own.world.proxy.sent, ['Lovelace-secret', own.EMAIL])).toEqual([])
  expect(await own.get(reader)).toEqual(whole)

  await own.put(writer, whole)
  await own.world.rawClient(EAST).send(
    new PutCommand({
      TableName: TABLE,
      Item: { ...(await own.stored()).find(({ pk }) => pk === raw.pk), aws_dbe_b_email: '12' },
    }),
  )
  await expect(mover.moveItem(TABLE, { pk: raw.pk, sk: raw.sk })).rejects.toMatchObject({
    code: 'update-refused',
    message: expect.stringMatching(/aws_dbe_b_email/),
  })
})

test('an item that was changed after it was read is not moved', async () => {
  await own.put(own.clients.older)
  const [{ pk, sk } = { pk: '', sk: '' }] = await own.stored()
  const changing = async (name: string, change: () => Promise<unknown>) => {
    const mover = declaredClient(own.world, [own.keys[1], own.keys[0]], {
      declared,
      between: async (command, send) => {
        const output = await send()
        if (command.constructor.name.startsWith('GetItem')) await change()
        return output
      },
    })
    await expect(mover.moveItem(TABLE, { pk, sk }), name).rejects.toMatchObject({
      name: 'TransactionCanceledException',
    })
    expect((await own.versions()).includes(OLD)).toBe(true)
  }
  const set = (UpdateExpression: string) =>
    own.clients.older.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: own.Key(),
        UpdateExpression,
        ExpressionAttributeNames: { '#n': 'name' },
        ExpressionAttributeValues: { ':n': 'two' },
      }),
    )
  await changing('changed', () => set('SET #n = :n'))
  await changing('in clear', () => set('SET clear = :n REMOVE #n'))
  await changing('added', () => set('SET #n = :n'))
  await changing('put under both keys', () => own.put(own.clients.newer))
})

test('a key that is searched for is none that is stored', async () => {
  await expect(own.clients.both.moveItem(TABLE, own.Key())).rejects.toMatchObject({
    name: 'DocumentClientError',
    code: 'invalid-value',
    message: expect.stringMatching(/as it is stored, with its token, and no search\(\)/),
  })
})

test('a table whose key is no token has nothing to move', async () => {
  const clear = declaredClient(own.world, [own.keys[0]], { declared: { ...declared, tokens: {} } })
  await expect(clear.moveItem(TABLE, { pk: 'a', sk: '1' })).rejects.toMatchObject({ code: 'invalid-schema' })
})

test('a change of the search key under load loses nothing, and finds everything at each step', async () => {
  const emails = Array.from({ length: 12 }, (_, i) => `${i}-${own.EMAIL}`)
  const step = (...known: [Uint8Array, ...Uint8Array[]]) => declaredClient(own.world, known, { declared })
  const steps = [
    step(own.keys[0]),
    step(own.keys[0], own.keys[1]),
    step(own.keys[1], own.keys[0]),
    step(own.keys[1]),
  ] as const
  for (const email of emails) await own.put(steps[0], { email, name: 0 })
  let isDone = false
  let writes = 0
  const read = (client: Client, email: string) =>
    client.send(
      new GetCommand({ TableName: TABLE, Key: { pk: search(email), sk: '1' }, ConsistentRead: true }),
    )
  const load = (async () => {
    while (!isDone) {
      for (const email of emails) {
        for (const client of [steps[1], steps[2]])
          expect((await read(client, email)).Item, email).toMatchObject({ email })
        await steps[2].send(
          new UpdateCommand({
            TableName: TABLE,
            Key: { pk: search(email), sk: '1' },
            UpdateExpression: 'SET written = :n',
            ExpressionAttributeValues: { ':n': ++writes },
          }),
        )
      }
    }
  })()
  for (let isLeft = true; isLeft; ) {
    const left = (await own.stored()).filter(({ pk }) => pk.startsWith(OLD))
    for (const { pk, sk } of left)
      await steps[2].moveItem(TABLE, { pk, sk }).catch(error => {
        if (error.name !== 'TransactionCanceledException') throw error
      })
    isLeft = left.length > 0
  }
  isDone = true
  await load
  expect(writes).toBeGreaterThan(0)
  expect(await own.versions()).toEqual(emails.map(() => NEW))
  for (const email of emails) expect((await read(steps[3], email)).Item).toMatchObject({ email })
}, 60_000)

test('whatever is written by whom, there is one item, and it is the last one', async () => {
  const commands = fc.array(
    fc.record({
      // Those that know both search keys, whichever they write with.
      writer: fc.constantFrom(0, 1),
      action: fc.constantFrom('put', 'create', 'update', 'delete', 'move'),
      name: fc.string({ minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 12 },
  )
  const clients = [
    declaredClient(own.world, [own.keys[0], own.keys[1]], { declared }),
    declaredClient(own.world, [own.keys[1], own.keys[0]], { declared }),
  ] as const
  await fc.assert(
    fc.asyncProperty(commands, async list => {
      own.nextEmail('random')
      let model: string | undefined
      for (const { writer, action, name } of list) {
        const client = clients[writer]!
        const failed = (error: Error) => {
          expect(error.name).toBe('ConditionalCheckFailedException')
          return 'failed'
        }
        if (action === 'put') {
          await own.put(client, { name })
          model = name
        } else if (action === 'create') {
          const outcome = await own
            .put(client, { name }, { ConditionExpression: 'attribute_not_exists(pk)' })
            .catch(failed)
          expect(outcome === 'failed').toBe(model !== undefined)
          model ??= name
        } else if (action === 'update') {
          const command = new UpdateCommand({
            TableName: TABLE,
            Key: own.Key(),
            UpdateExpression: 'SET #n = :n',
            ExpressionAttributeNames: { '#n': 'name' },
            ExpressionAttributeValues: { ':n': name },
          })
          const outcome = await client.send(command).catch(failed)
          expect(outcome === 'failed').toBe(model === undefined)
          if (model !== undefined) model = name
        } else if (action === 'delete') {
          await client.send(new DeleteCommand({ TableName: TABLE, Key: own.Key() }))
          model = undefined
        } else for (const { pk, sk } of await own.stored()) await client.moveItem(TABLE, { pk, sk })
        expect((await own.stored()).length).toBe(model === undefined ? 0 : 1)
        for (const each of clients) expect((await own.get(each))?.name).toBe(model)
      }
    }),
    { numRuns: 15 },
  )
}, 60_000)
