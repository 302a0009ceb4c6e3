// node --expose-gc test/bench/corePauses.mjs envelope
// Prints, as JSON, the longest time for which sealing or opening a page keeps the event loop, and what yielding costs.
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { createFormat } from '@dynaseal/core'
import { asStored, checkOpened, collectYoung, median, pageOf, startWorld } from './coreWorld.mjs'

const WARM_UP = 2
const ROUNDS = 15
/**
 * Pages that are timed as one, each with a turn of the event loop behind it: a page that comes over the network is
 * followed by one in any application, and V8 does there what is due of its collection of garbage. Without them who does
 * not yield would leave all of that to whoever comes next, and yielding be charged for it.
 */
const PAGES = 4

/** Also while the clock stands still. */
const now = performance.now.bind(performance)

const items = pageOf(1000, 5, 'x'.repeat(256))
const format = createFormat({ keyring: startWorld().keyring, format: process.argv[2] })
const sealed = asStored(items, await format.seal(items))
const results = {
  fields: 5000,
  rounds: ROUNDS,
  pages: PAGES,
  seal: await measure(() => format.seal(items)),
  open: await measure(async () => checkOpened(await format.open(sealed))),
}
console.log(JSON.stringify(results))

async function measure(page) {
  const rounds = []
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const pause = await longestPause(page)
    const turns = {
      yielding: () => time(page),
      blocking: () => withoutYields(() => time(page)),
    }
    const times = {}
    for (const name of round % 2 === 0 ? ['yielding', 'blocking'] : ['blocking', 'yielding']) {
      times[name] = await turns[name]()
    }
    if (round >= 0) rounds.push({ pause, ...times })
  }
  const medianOf = value => median(rounds.map(value))
  return {
    longestPause: Math.max(...rounds.map(({ pause }) => pause.wall)),
    medianLongestPause: medianOf(({ pause }) => pause.wall),
    collecting: medianOf(({ pause }) => pause.collecting),
    total: medianOf(({ yielding }) => yielding.wall),
    withoutYields: medianOf(({ blocking }) => blocking.wall),
    cost: medianOf(({ yielding, blocking }) => yielding.wall / blocking.wall) - 1,
    processorCost: medianOf(({ yielding, blocking }) => yielding.processor / blocking.processor) - 1,
  }
}

/**
 * The longest time between two turns of the event loop while `act` is under way, in ms by the clock, and how
 * much of it V8 collected garbage.
 */
async function longestPause(act) {
  collectYoung()
  const collections = []
  const observer = new PerformanceObserver(list => collections.push(...list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  let longest = { from: 0, to: 0 }
  let last = performance.now()
  let running = true
  const tick = () => {
    const now = performance.now()
    if (now - last > longest.to - longest.from) longest = { from: last, to: now }
    last = now
    if (running) setImmediate(tick)
  }
  setImmediate(tick)
  await act()
  running = false
  tick()
  // Entries arrive with the next turn.
  await turn()
  collections.push(...observer.takeRecords())
  observer.disconnect()
  const within = collections.filter(({ startTime }) => startTime >= longest.from && startTime < longest.to)
  return {
    wall: longest.to - longest.from,
    collecting: within.reduce((sum, { duration }) => sum + duration, 0),
  }
}

/** Milliseconds per page, by the clock and of the processors. */
async function time(page) {
  collectYoung()
  const processor = process.cpuUsage()
  const start = now()
  for (let i = 0; i < PAGES; i++) {
    await page()
    await turn()
  }
  const wall = now() - start
  const { user, system } = process.cpuUsage(processor)
  return { wall: wall / PAGES, processor: (user + system) / 1000 / PAGES }
}

function turn() {
  return new Promise(resolve => setImmediate(resolve))
}

/** While the clock stands still, no slice of work is ever over. */
async function withoutYields(act) {
  performance.now = () => 0
  try {
    return await act()
  } finally {
    delete performance.now
  }
}
