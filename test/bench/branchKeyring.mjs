// node test/bench/branchKeyring.mjs [PART]
// Measures what branch keys cost and save, on the local cloud; writes branchKeyring.json and branchKeyring.md. Exits with 1
// when a target is missed. With a part (process, wrapping, pages, loss), measures and prints just that.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createFormat } from '@dynaseal/core'
import { pages, timed } from './branchKeyringPages.mjs'
import { report } from './branchKeyringReport.mjs'
import { regionLoss } from './branchKeyringScenarios.mjs'
import { startWorld } from './branchKeyringWorld.mjs'
import { wrapping } from './branchKeyringWrapping.mjs'
import { REGIONS } from './keyringWorld.mjs'
import { machine } from './machine.mjs'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

const world = await startWorld(REGIONS)
const results = {}
const PARTS = {
  process: shortLived,
  wrapping: () => wrapping(world),
  pages: allPages,
  loss: () => regionLoss(world),
}
const [, , only] = process.argv
try {
  for (const [part, measure] of Object.entries(PARTS))
    if (only === undefined || only === part) results[part] = await measure()
} finally {
  await world.stop()
}
results.machine = machine()
if (only === undefined) {
  const { text, missed } = report(results)
  console.log(text)
  writeFileSync(new URL('branchKeyring.json', import.meta.url), `${JSON.stringify(results, undefined, 2)}\n`)
  writeFileSync(new URL('branchKeyring.md', import.meta.url), text)
  process.exitCode = missed ? 1 : 0
} else console.log(JSON.stringify(results, undefined, 2))

async function allPages() {
  const measured = {}
  for (const [name, format] of Object.entries(await formats())) {
    const { written, cold, read } = await pages(world, name, format)
    const rotated = await pages(world, `${name} rotated`, format, { versions: 4 })
    measured[name] = { written, cold, rotated: rotated.cold, ...(await timed(world, format, read)) }
  }
  return measured
}

/** What a process that has just started has done for its first item, and for one more. */
async function shortLived() {
  const { cloud, keyArns, regions } = world
  const processes = []
  for (let run = 0; run < 5; run++) {
    for (const puts of [1, 2]) {
      await cloud.clearCalls()
      const settings = { endpoint: cloud.endpoint, keyArns, region: regions[0], sk: `${run}-${puts}`, puts }
      const child = fork(fileURLToPath(new URL('branchKeyringProcess.mjs', import.meta.url)), [
        JSON.stringify(settings),
      ])
      const [times] = await Promise.race([once(child, 'message'), once(child, 'exit')])
      if (times?.ms === undefined) throw new Error(`A process ended with ${times}.`)
      const kms = (await cloud.calls({})).length
      const keyStore = (await cloud.calls({ service: 'dynamodb', operation: 'GetItem' })).length
      processes.push({ puts, kms, keyStore, ...times })
    }
  }
  return processes
}

/** Those that can be written here, with the options of the format. */
async function formats() {
  const keyring = world.keyring(world.regions[0])
  try {
    createFormat({ keyring, format: 'envelope' })
    return { 'format 1': { format: 'message' }, 'format 2': { format: 'envelope' } }
  } catch (error) {
    if (error.code !== 'invalid-option') throw error
    return { 'format 1': {} }
  }
}
