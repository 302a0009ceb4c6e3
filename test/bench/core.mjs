// node --expose-gc test/bench/core.mjs
// Prints what sealing and opening cost, and writes it as core.json and core.md.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { measureImports } from './coreImports.mjs'
import { measureColdCalls, measureSize } from './corePages.mjs'
import { measurePauses } from './corePauses.mjs'
import { report } from './coreReport.mjs'
import { measureSpeed } from './coreSpeed.mjs'

const loadBefore = loadavg()[0]
const speed = []
for (const bytes of [32, 256, 4096]) speed.push(await measureSpeed(bytes))
const pauses = await measurePauses()
const results = {
  machine: {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  },
  speed,
  addedBytes: await measureSize(256),
  coldCalls: await measureColdCalls(),
  imports: await measureImports(),
  memory: memory(),
  pauses,
}
results.machine.load = [loadBefore, loadavg()[0]]

const text = report(results)
console.log(text)
const here = name => new URL(name, import.meta.url)
writeFileSync(here('core.json'), `${JSON.stringify(results, undefined, 2)}\n`)
writeFileSync(here('core.md'), text)

function memory() {
  const program = fileURLToPath(new URL('coreMemory.mjs', import.meta.url))
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', program], { encoding: 'utf8' }))
}
