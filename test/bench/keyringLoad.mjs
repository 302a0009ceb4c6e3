/** Calls that are given up by the benchmark, because what is measured never ends them. */
export const GIVEN_UP = 3_000

/**
 * Makes `calls` calls with `inFlight` of them under way at any time. A call still without an answer after
 * {@link GIVEN_UP} ms counts as failed.
 */
export async function load(call, { calls, inFlight = 32 }) {
  const done = []
  let left = calls
  const worker = async () => {
    while (left-- > 0) done.push(await timed(call))
  }
  await Promise.all(Array.from({ length: Math.min(inFlight, calls) }, worker))
  return done
}

/** Starts a call every `every` ms for `duration` ms, however long each takes. */
export async function arrivals(call, { every, duration, onPhase = () => {}, giveUp }) {
  const calls = []
  const startedAt = performance.now()
  for (let i = 0; i * every < duration; i++) {
    const wait = startedAt + i * every - performance.now()
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait))
    onPhase(performance.now() - startedAt)
    calls.push(timed(call, giveUp))
  }
  const done = await Promise.all(calls)
  return done.map(({ at, ...rest }) => ({ at: at - startedAt, ...rest }))
}

async function timed(call, giveUp = GIVEN_UP) {
  const at = performance.now()
  let timer
  const late = new Promise(resolve => {
    timer = setTimeout(resolve, giveUp, new Error(`no answer within ${giveUp} ms`))
  })
  const error = await Promise.race([
    call().then(
      () => undefined,
      error => error,
    ),
    late,
  ])
  clearTimeout(timer)
  return { at, ms: performance.now() - at, error }
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export function summary(done) {
  const ms = done.map(({ ms }) => ms)
  return {
    calls: done.length,
    failures: done.filter(({ error }) => error !== undefined).length,
    p50: round(percentile(ms, 0.5)),
    p99: round(percentile(ms, 0.99)),
    max: round(percentile(ms, 1)),
  }
}

export function round(ms) {
  return Math.round(ms * 10) / 10
}
