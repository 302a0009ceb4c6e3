/** Names that whoever writes a table can choose, and the AWS SDK cannot. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { configText, createWorld, EAST, users, type World } from './support/cloud.js'
import { dynaseal, folder } from './support/command.js'

let world: World
let made: ReturnType<typeof folder>
beforeAll(async () => {
  // dynalite stores no such names.
  world = await createWorld({ engine: 'dynoxide' })
  made = folder({ 'dynaseal.config.ts': configText(world) })
  // The AWS SDK leaves such an attribute out.
  const Item = `{ "id": { "S": "1" }, "_et": { "S": "User" }, "ssn": { "S": "078" }, "__proto__": { "S": "x" } }`
  const { status } = await fetch(world.cloud.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.PutItem',
      'x-amz-date': new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''),
      authorization: `AWS4-HMAC-SHA256 Credential=test/20261130/${EAST}/dynamodb/aws4_request, SignedHeaders=host, Signature=00`,
    },
    body: `{ "TableName": "${users.name}", "Item": ${Item} }`,
  })
  expect(status).toBe(200)
})
afterAll(async () => {
  made.remove()
  await world.stop()
})

it('an attribute called __proto__ stops no command', async () => {
  const cwd = made.path
  const codes = []
  for (const args of [
    ['inspect', 'users', '1'],
    ['backfill', 'users', '--apply'],
    ['scan', 'users'],
    ['rewrap', 'users', '--all', '--apply'],
    ['inspect', 'users', '1', '--check'],
    ['drill'],
    ['revert', 'users', '--apply', '--in-clear', 'users'],
  ])
    codes.push((await dynaseal(args, { cwd })).code)
  expect(codes).toEqual([3, 0, 0, 0, 0, 3, 0])
})
