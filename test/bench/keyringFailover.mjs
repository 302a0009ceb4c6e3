// node test/bench/keyringFailover.mjs [SCENARIO]
// Prints the table of what the keyring shows when a region is lost, writes it as JSON, and draws a timeline;
// with the beginning of a scenario's name, runs and prints just that; with `timeline`, only draws.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import * as scenarios from './keyringScenarios.mjs'
import { drawTimeline, measureTimeline } from './keyringTimeline.mjs'
import { LATENCIES, PROBE_INTERVAL, startWorld } from './keyringWorld.mjs'

const TABLE = {
  'all healthy': scenarios.healthy,
  'nearest hangs': scenarios.nearestHangs,
  'nearest refuses connections': scenarios.nearestFails({ kind: 'refuse' }),
  'nearest answers 500': scenarios.nearestFails({ kind: 'error' }),
  'nearest throttles half': scenarios.nearestFails({ kind: 'throttle', share: 0.5 }),
  'nearest recovers': scenarios.nearestRecovers,
  'all hang': scenarios.allHang,
  'replica disabled': scenarios.disabled,
  'replica deleted': scenarios.refusedWith('NotFoundException'),
  'replica denied': scenarios.refusedWith('AccessDeniedException'),
  'primary moves': scenarios.primaryMoves,
}

const only = process.argv[2]
const world = await startWorld()
const results = {}
let failed = 0
try {
  for (const op of ['decrypt', 'encrypt']) {
    results[op] = {}
    for (const [name, scenario] of Object.entries(TABLE)) {
      if (only !== undefined && !name.startsWith(only)) continue
      const outcome = await scenario(world, op)
      results[op][name] = outcome
      print(op, name, outcome)
    }
  }
  if (only === undefined) writeResults()
  if (only === undefined || only === 'timeline') await draw()
} finally {
  await world.stop()
}
console.log(failed === 0 ? '\nall checks hold' : `\n${failed} checks failed`)
process.exitCode = failed === 0 ? 0 : 1

function print(op, name, { results, checks }) {
  console.log(`\n${op}: ${name}`)
  for (const [who, numbers] of Object.entries(results)) {
    if (typeof numbers === 'object') {
      const { calls, failures, p50, p99, max } = numbers
      console.log(
        `  ${who.padEnd(14)} ${String(calls).padStart(6)} calls ${String(failures).padStart(5)} failed` +
          `  p50 ${String(p50).padStart(7)}  p99 ${String(p99).padStart(7)}  max ${String(max).padStart(7)} ms`,
      )
    } else console.log(`  ${who.padEnd(14)} ${String(numbers).padStart(6)}`)
  }
  for (const { name, ok, detail } of checks) {
    if (!ok) failed++
    console.log(`  ${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`)
  }
}

function writeResults() {
  const report = {
    node: process.version,
    cpus: cpus().length,
    latencies: LATENCIES,
    inFlight: 32,
    probeInterval: PROBE_INTERVAL,
    results,
  }
  writeFileSync(new URL('keyringFailover.json', import.meta.url), `${JSON.stringify(report, undefined, 2)}\n`)
}

async function draw() {
  const timeline = drawTimeline(await measureTimeline(world))
  writeFileSync(new URL('../../packages/mrk-keyring/failover.svg', import.meta.url), timeline)
}
