import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PidFile } from '../src/dynamodb/pidFile.js'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pid-'))
  path = join(folder, 'tables.sqlite.pid')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

it('the next process waits until the one that was noted is gone', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const order: string[] = []
  const ended = once(child, 'exit').then(() => order.push('ended'))
  await new PidFile(path).note(child.pid ?? 0)
  const waited = new PidFile(path).waitForEnd().then(() => order.push('waited'))
  child.kill('SIGKILL')
  await Promise.all([ended, waited])
  expect(order).toEqual(['ended', 'waited'])
})

it('nobody waits where there was none, or none any more', async () => {
  await new PidFile(path).waitForEnd()
  await new PidFile(path).note(process.pid)
  await new PidFile(path).remove()
  await new PidFile(path).waitForEnd()
  await writeFile(path, 'not a number')
  await new PidFile(path).waitForEnd()
})
