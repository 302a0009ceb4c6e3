// node --expose-gc test/bench/cliProcess.mjs CLOUD TASK ITEMS SEGMENTS: one job over a table, in a process of its own; says what it took.
import { Backfill, runJob, scan } from '@dynaseal/cli/api'
import { targetOf } from './cliWorld.mjs'

const [cloud, task, items, totalSegments] = process.argv.slice(2)
const segments = Number(totalSegments)
const target = await targetOf(JSON.parse(cloud), 'memory')
const SAMPLES = 20
const every = Math.ceil(Number(items) / SAMPLES)
const log = []
let next = every
const start = performance.now()

function onProgress(done) {
  if (done < next) return
  next += every
  global.gc()
  const { heapUsed, external, rss } = process.memoryUsage()
  const seconds = (performance.now() - start) / 1000
  log.push({ done, seconds, live: heapUsed + external, rss })
  console.error(`${task}: ${done} items, ${Math.round(seconds)} s`)
}

const report =
  task === 'scan'
    ? await scan(target, { segments, onProgress })
    : await runJob(target, new Backfill(target), { apply: true, segments, onProgress })
const { items: seen, changed, kmsCalls, seconds, complete } = report
if (!complete || seen !== Number(items)) throw new Error(`${seen} items of ${items}`)
const peak = process.resourceUsage().maxRSS * 1024
process.send({ task, items: seen, segments, changed, kmsCalls, seconds, log, peak }, () => process.exit())
