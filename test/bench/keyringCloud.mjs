// The local cloud of cloudProcess.mjs: node keyringCloud.mjs OPTIONS, those of startLocalCloud in JSON.
import { startLocalCloud } from '@dynaseal/local-cloud'

const cloud = await startLocalCloud(JSON.parse(process.argv[2])).catch(error => {
  process.send({ unavailable: error.message })
  process.exit(1)
})
const faults = new Map()

const handlers = {
  fault: ({ name, fault }) => void faults.set(name, cloud.fault(fault)),
  heal: ({ name }) => {
    faults.get(name)?.()
    faults.delete(name)
  },
  clearCalls: () => cloud.clearCalls(),
  calls: ({ filter }) => cloud.calls(filter),
  waitForReplication: () => cloud.waitForReplication(),
}

process.on('message', async ({ id, act, ...rest }) => {
  process.send({ id, result: await handlers[act](rest) })
})
process.on('disconnect', () => cloud.stop())
process.send({ endpoint: cloud.endpoint })
