// `abortSignal`, given to send: it ends what waits for KMS as it ends the request, and rejects as the AWS SDK does.
import { encrypted, type SealedDocumentClient } from '@dynaseal/toolbox'
import { Entity, GetItemCommand, item, PutItemCommand, string } from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { toolboxTable } from '../support/toolboxTable.js'
import { createWorld, EAST, WEST, type World } from '../support/world.js'

let world: World
beforeAll(async () => {
  world = await createWorld()
  await world.createTable('users')
})
afterAll(() => world.stop())
afterEach(() => world.cloud.heal())

/** As in a process that has no data key yet. */
function freshUser() {
  const documentClient: SealedDocumentClient = world.sealedClient(EAST)
  const schema = item({
    pk: string().key(),
    sk: string().key().default('user'),
    ssn: encrypted(string()).optional(),
  })
  const table = toolboxTable(documentClient, 'users')
  const User = new Entity({ name: 'User', table, schema })
  documentClient.register(User)
  return User
}

const put = (pk: string, abortSignal?: AbortSignal, User = freshUser()) =>
  User.build(PutItemCommand)
    .item({ pk, ssn: 'x' })
    .send({ ...(abortSignal === undefined ? {} : { abortSignal }) })
const get = (pk: string, abortSignal?: AbortSignal, User = freshUser()) =>
  User.build(GetItemCommand)
    .key({ pk, sk: 'user' })
    .options({ consistent: true })
    .send({ ...(abortSignal === undefined ? {} : { abortSignal }) })

function kmsHangs(): void {
  world.cloud.clearCalls()
  for (const region of [EAST, WEST]) world.cloud.fault({ service: 'kms', region, kind: 'hang' })
}
const kmsIsAsked = () => vi.waitUntil(() => world.kmsCalls().length > 0)

it('ends a write that waits for KMS, before anything is sent', async () => {
  kmsHangs()
  const controller = new AbortController()
  const write = put('aborted', controller.signal)
  await kmsIsAsked()
  const reason = new Error('the request is gone')
  controller.abort(reason)
  await expect(write).rejects.toMatchObject({ name: 'AbortError', message: 'Request aborted', cause: reason })
  world.cloud.heal()
  expect(world.cloud.calls({ service: 'dynamodb', operation: 'PutItem' })).toEqual([])
})

it('ends a read that waits for KMS', async () => {
  await put('read')
  kmsHangs()
  const controller = new AbortController()
  const read = get('read', controller.signal)
  await kmsIsAsked()
  controller.abort('no more')
  await expect(read).rejects.toMatchObject({ name: 'AbortError', message: 'no more' })
})

it('fired before: rejects as without encryption, and nobody is asked', async () => {
  world.cloud.clearCalls()
  const ofTheSdk = await put('early', AbortSignal.abort(), plainUser()).catch((error: Error) => error)
  const ours = await put('early', AbortSignal.abort()).catch((error: Error) => error)
  expect(ofTheSdk).toMatchObject({ name: 'AbortError' })
  expect(ours).toMatchObject({ name: 'AbortError', message: (ofTheSdk as Error).message })
  expect(world.cloud.calls()).toEqual([])
})

it('of one read does not end the other, which waits for the same data key', async () => {
  await put('shared')
  const User = freshUser()
  kmsHangs()
  const controller = new AbortController()
  const gone = get('shared', controller.signal, User)
  const staying = get('shared', new AbortController().signal, User)
  await kmsIsAsked()
  const asked = world.kmsCalls().length
  controller.abort()
  await expect(gone).rejects.toMatchObject({ name: 'AbortError' })
  expect(world.kmsCalls()).toHaveLength(asked)
  world.cloud.heal()
  expect((await staying).Item).toMatchObject({ ssn: 'x' })
})

function plainUser() {
  const table = toolboxTable(world.rawClient(EAST), 'users')
  const schema = item({ pk: string().key(), sk: string().key().default('user'), ssn: string().optional() })
  return new Entity({ name: 'User', table, schema }) as unknown as ReturnType<typeof freshUser>
}
