// The local cloud in a process of its own, so that what it does takes no time from what is measured.
import { startLocalCloud } from '@dynaseal/local-cloud'

const cloud = await startLocalCloud({ regions: process.argv.slice(2) })
const faults = new Map()

const handlers = {
  fault: ({ name, fault }) => faults.set(name, cloud.fault(fault)),
  heal: ({ name }) => {
    faults.get(name)?.()
    faults.delete(name)
  },
  clearCalls: () => cloud.clearCalls(),
  calls: ({ filter }) => cloud.calls(filter),
}

process.on('message', ({ id, act, ...rest }) => {
  const result = handlers[act](rest)
  process.send({ id, result: act === 'calls' ? result : undefined })
})
process.on('disconnect', () => cloud.stop())
process.send({ endpoint: cloud.endpoint })
