// The local cloud in a process of its own, so that what it does takes no time from what is measured.
import { EngineUnavailableError, startLocalCloud } from '@dynaseal/local-cloud'

const regions = ['us-east-1', 'us-west-2']
let engine = 'dynoxide'
const cloud = await startLocalCloud({ regions, engine }).catch(error => {
  if (!(error instanceof EngineUnavailableError)) throw error
  engine = 'dynalite'
  return startLocalCloud({ regions, engine })
})

// Asked for nothing but how often KMS was called since it was asked last.
process.on('message', () => {
  const kmsCalls = cloud.calls({ service: 'kms' }).length
  cloud.clearCalls()
  process.send({ kmsCalls })
})
process.on('disconnect', () => cloud.stop())
process.send({ endpoint: cloud.endpoint, engine })
