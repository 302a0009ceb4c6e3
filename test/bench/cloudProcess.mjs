import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A local cloud in a process of its own, so that what it does takes no time from what is measured. */
export async function startCloud(options) {
  const child = fork(fileURLToPath(new URL('keyringCloud.mjs', import.meta.url)), [JSON.stringify(options)])
  const [{ endpoint, unavailable }] = await once(child, 'message')
  if (unavailable !== undefined) throw new Error(unavailable)
  const waiting = new Map()
  let lastId = 0
  child.on('message', ({ id, result }) => {
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  const tell = message =>
    new Promise(resolve => {
      const id = ++lastId
      waiting.set(id, resolve)
      child.send({ id, ...message })
    })
  return {
    endpoint,
    fault: (name, fault) => tell({ act: 'fault', name, fault: { service: 'kms', ...fault } }),
    heal: name => tell({ act: 'heal', name }),
    clearCalls: () => tell({ act: 'clearCalls' }),
    calls: filter => tell({ act: 'calls', filter: { service: 'kms', ...filter } }),
    waitForReplication: () => tell({ act: 'waitForReplication' }),
    stop: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
