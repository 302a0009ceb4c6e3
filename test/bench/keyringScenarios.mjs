import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { DisableKeyCommand, EnableKeyCommand, UpdatePrimaryRegionCommand } from '@aws-sdk/client-kms'
import { channelNames } from '@dynaseal/mrk-keyring'
import { load, percentile, round, summary } from './keyringLoad.mjs'
import { LATENCIES, NEAREST, PROBE_INTERVAL, REGIONS, SECOND } from './keyringWorld.mjs'

const CALLS = 2_000
/** What is compared with the bare client to a few percent: enough of them, in enough turns, for a steady median. */
const COMPARED = { calls: 6_000, rounds: 24 }
/** What the keyring gives an attempt by default. */
const ATTEMPT_TIMEOUT = 1_000
/** For the stock keyrings where most calls have to be given up. */
const FEW = 64
const OPERATION = { decrypt: 'Decrypt', encrypt: 'GenerateDataKey' }

/** Collects the events of the keyring while `act` runs. */
async function listening(act) {
  const heard = { breaker: [], warning: [], hedge: [], attempt: [] }
  const listeners = Object.keys(heard).map(name => {
    const listener = event => heard[name].push({ ...event, at: performance.now() })
    subscribe(channelNames[name], listener)
    return () => unsubscribe(channelNames[name], listener)
  })
  try {
    return { result: await act(), heard }
  } finally {
    for (const stop of listeners) stop()
  }
}

/** A contestant that has connections open and, if it learns, has learned. */
async function warm(call, calls = 300) {
  await load(call, { calls })
}

function check(name, ok, detail) {
  return { name, ok, detail }
}

/** A target that a machine may miss by what it adds itself: met as written, or within `atMost`, which says why. */
function checkLimit(name, value, asWritten, atMost, why) {
  const detail = `${round(value)} ms of ${round(asWritten)} ms`
  if (value <= asWritten) return { name, ok: true, detail }
  const loosened = `at most ${round(atMost)} ms, because ${why}`
  return { name, ok: value <= atMost, detail, loosened }
}

export async function healthy(world, op) {
  const all = world.contestants()
  await all.prepare()
  const names = Object.keys(all[op])
  const done = Object.fromEntries(names.map(name => [name, []]))
  const { calls, rounds } = COMPARED
  // The code of all of them compiled: the client's is run by every one, a keyring's by itself alone.
  for (const name of names) await warm(all[op][name], CALLS)
  await world.cloud.clearCalls()
  // Interleaved, and each first in its turn, so that what else the machine does falls on all of them.
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length]
      done[name].push(...(await load(all[op][name], { calls: calls / rounds })))
    }
  }
  const ours = summary(done.ours)
  const direct = summary(done.direct)
  const elsewhere = (await world.cloud.calls({ operation: OPERATION[op] })).filter(
    ({ region }) => region !== NEAREST,
  )
  const materials = summary(done['with materials'])
  const failures = names.reduce((sum, name) => sum + summary(done[name]).failures, 0)
  return {
    results: Object.fromEntries(names.map(name => [name, summary(done[name])])),
    checks: [
      check('no failure', failures === 0, `${failures} failures, the others' included`),
      check('nearest region only', elsewhere.length === calls, `${elsewhere.length - calls} calls elsewhere`),
      checkLimit(
        'p50 at most 1.15 of the client',
        ours.p50,
        1.15 * direct.p50,
        1.15 * materials.p50,
        "32 calls in flight keep the processor busy, and filling the AWS Encryption SDK's materials, which every keyring has to, takes some of it: with the client and the materials",
      ),
    ],
  }
}

export async function nearestHangs(world, op) {
  const all = world.contestants()
  await all.prepare()
  await load(all[op].second, { calls: 300 })
  await warm(all[op].ours)
  // What is compared is latency, and the client of the second region has its connections open as well.
  await all.warmSecond()
  const { hedgeAfter } = all.routes(OPERATION[op])[0]
  await world.cloud.fault('loss', { region: NEAREST, kind: 'hang' })
  const { result, heard } = await listening(async () => {
    const ours = []
    const second = []
    // Interleaved, so that what else the machine does falls on both.
    for (let round = 0; round < 8; round++) {
      ours.push(...(await load(all[op].ours, { calls: CALLS / 8 })))
      second.push(...(await load(all[op].second, { calls: CALLS / 8 })))
    }
    const end = performance.now()
    // The last probe may be under way.
    await new Promise(resolve => setTimeout(resolve, ATTEMPT_TIMEOUT + 100))
    return { ours, second, end }
  })
  const done = result.ours
  const second = summary(result.second)
  const opened = heard.breaker.find(({ state }) => state === 'open')?.at
  const before = done.filter(({ at }) => at < opened)
  const after = done.filter(({ at }) => at >= opened)
  const lastHedge = Math.max(...heard.hedge.filter(({ at }) => at <= opened).map(({ afterMs }) => afterMs))
  const p99Before = percentile(
    before.map(({ ms }) => ms),
    0.99,
  )
  const p99After = percentile(
    after.map(({ ms }) => ms),
    0.99,
  )
  const probes = heard.attempt
    .filter(({ reason, region }) => reason === 'probe' && region === NEAREST)
    .map(({ at, durationMs }) => at - durationMs)
    .filter(at => at <= result.end)
  const sinceOpened = [opened, ...probes]
  const gaps = probes.map((at, i) => at - sinceOpened[i])
  const strict = await stockUnderLoss(all[op].strict)
  const discovery = all[op].discovery && (await stockUnderLoss(all[op].discovery))
  await world.cloud.heal('loss')
  const ours = summary(done)
  return {
    results: {
      ours,
      second,
      strict,
      ...(discovery ? { discovery } : {}),
      hedgeDelay: round(hedgeAfter),
      longestHedgeDelay: round(lastHedge),
      beforeBreaker: summary(before),
      afterBreaker: summary(after),
      probes: probes.length,
    },
    checks: [
      check('no failure', ours.failures === 0, `${ours.failures} failures`),
      checkLimit(
        'p99 before the breaker opens at most hedge delay + 2 × second region',
        p99Before,
        hedgeAfter + 2 * LATENCIES[SECOND],
        lastHedge + 2 * second.p99,
        'timers fire late and answers wait for the processor: with the longest delay until a hedge and the p99 that the client of that region had meanwhile',
      ),
      check(
        'p99 after it at most 1.3 × that of the second region',
        p99After <= 1.3 * second.p99,
        `${round(p99After)} ms of ${round(1.3 * second.p99)} ms`,
      ),
      check(
        'at most one probe per interval',
        // Events are heard a moment after they happen.
        gaps.every(gap => gap >= PROBE_INTERVAL - 1),
        `${probes.length} in ${round(result.end - opened)} ms, at least ${round(Math.min(...gaps))} ms apart`,
      ),
    ],
  }
}

async function stockUnderLoss(call) {
  return summary(await load(call, { calls: FEW }))
}

export function nearestFails(fault) {
  return async (world, op) => {
    const all = world.contestants()
    await all.prepare()
    await warm(all[op].ours)
    await world.cloud.fault('loss', { region: NEAREST, ...fault })
    const ours = summary(await load(all[op].ours, { calls: CALLS }))
    const strict = summary(await load(all[op].strict, { calls: CALLS / 4 }))
    const discovery = all[op].discovery && summary(await load(all[op].discovery, { calls: CALLS / 4 }))
    await world.cloud.heal('loss')
    return {
      results: { ours, strict, ...(discovery ? { discovery } : {}) },
      checks: [check('no failure', ours.failures === 0, `${ours.failures} failures`)],
    }
  }
}

export async function nearestRecovers(world, op) {
  const all = world.contestants()
  await all.prepare()
  await warm(all[op].ours)
  await world.cloud.fault('loss', { region: NEAREST, kind: 'hang' })
  const { result, heard } = await listening(async () => {
    const lost = await load(all[op].ours, { calls: CALLS / 2 })
    await world.cloud.heal('loss')
    const healedAt = performance.now()
    return { healedAt, done: [...lost, ...(await load(all[op].ours, { calls: CALLS * 2 }))] }
  })
  const back = heard.attempt.find(
    ({ region, outcome, at }) => region === NEAREST && outcome === 'answered' && at > result.healedAt,
  )
  const wait = back === undefined ? Number.POSITIVE_INFINITY : back.at - result.healedAt
  const ours = summary(result.done)
  return {
    results: { ours, backAfter: round(wait) },
    checks: [
      check('no failure', ours.failures === 0, `${ours.failures} failures`),
      checkLimit(
        'traffic is back within a probe interval',
        wait,
        PROBE_INTERVAL,
        PROBE_INTERVAL + 100,
        'the interval ends with asking the region, which then has its connection to make and to answer',
      ),
    ],
  }
}

export async function allHang(world, op) {
  const timeout = 2_000
  const all = world.contestants({ timeout })
  await all.prepare()
  await warm(all[op].ours)
  for (const region of REGIONS) await world.cloud.fault(`loss of ${region}`, { region, kind: 'hang' })
  const done = await load(all[op].ours, { calls: 32 })
  for (const region of REGIONS) await world.cloud.heal(`loss of ${region}`)
  const ours = summary(done)
  const causes = done.map(({ error }) => error?.lastErrors?.().length)
  return {
    results: { ours, earliest: round(Math.min(...done.map(({ ms }) => ms))), timeout },
    checks: [
      check('every call fails', ours.failures === 32, `${ours.failures} of 32`),
      checkLimit(
        'not later than the deadline',
        ours.max,
        timeout,
        timeout + 100,
        'a timer fires after its time, and 32 calls build their errors in turn',
      ),
      check(
        'one error with three causes',
        causes.every(count => count === 3),
        `${[...new Set(causes)]} causes`,
      ),
    ],
  }
}

export function replicaRefuses(lose, mend) {
  return async (world, op) => {
    const all = world.contestants()
    await all.prepare()
    await warm(all[op].ours)
    // This is about a refusal, and not about 32 connections made at once.
    await all.warmSecond()
    await lose(world)
    const { result: done, heard } = await listening(() => load(all[op].ours, { calls: CALLS }))
    await mend(world)
    const ours = summary(done)
    return {
      results: { ours, warnings: heard.warning.length },
      checks: [
        check('no failure', ours.failures === 0, `${ours.failures} failures`),
        check('breakers of all regions untouched', heard.breaker.length === 0, changes(heard.breaker)),
        check('one warning', heard.warning.length === 1, `${heard.warning.length} warnings`),
      ],
    }
  }
}

function changes(events) {
  if (events.length === 0) return 'no change'
  return events.map(({ region, state }) => `${region} ${state}`).join(', ')
}

export const disabled = replicaRefuses(
  ({ admin, arnIn }) => admin.send(new DisableKeyCommand({ KeyId: arnIn(NEAREST) })),
  ({ admin, arnIn }) => admin.send(new EnableKeyCommand({ KeyId: arnIn(NEAREST) })),
)

export const refusedWith = error =>
  replicaRefuses(
    ({ cloud }) => cloud.fault('loss', { region: NEAREST, kind: 'error', error }),
    ({ cloud }) => cloud.heal('loss'),
  )

/** The longest time in which no call ended, in ms. */
function longestPause(done) {
  const ends = done.map(({ at, ms }) => at + ms).sort((a, b) => a - b)
  return round(Math.max(...ends.slice(1).map((end, i) => end - ends[i])))
}

export async function primaryMoves(world, op) {
  const all = world.contestants()
  await all.prepare()
  await warm(all[op].ours)
  const without = await load(all[op].ours, { calls: CALLS })
  const moving = load(all[op].ours, { calls: CALLS })
  await world.admin.send(
    new UpdatePrimaryRegionCommand({ KeyId: world.arnIn(NEAREST), PrimaryRegion: SECOND }),
  )
  const moved = await moving
  const back = { KeyId: world.arnIn(SECOND), PrimaryRegion: NEAREST }
  await world.adminIn(SECOND).send(new UpdatePrimaryRegionCommand(back))
  const [ours, still] = [moved, without].map(summary)
  const pause = longestPause(moved)
  return {
    results: { ours, without: still, longestPause: pause, longestPauseWithout: longestPause(without) },
    checks: [
      check('no failure', ours.failures === 0, `${ours.failures} failures`),
      check(
        'no pause: answers never stop for longer than half of the calls take without the move',
        pause <= still.p50,
        `${pause} ms of ${still.p50} ms`,
      ),
    ],
  }
}
