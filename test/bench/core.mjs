// node --expose-gc test/bench/core.mjs
// Prints what sealing and opening cost, and writes it as core.json and core.md.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { measureImports } from './coreImports.mjs'
import { measureColdCalls, measureSize } from './corePages.mjs'
import { report } from './coreReport.mjs'
import { measureSpeed } from './coreSpeed.mjs'
import { median } from './coreWorld.mjs'
import { machine } from './machine.mjs'

const speed = []
for (const bytes of [32, 256, 4096]) speed.push(await measureSpeed(bytes))
const results = {
  speed,
  added: await measureSize(),
  coldCalls: await measureColdCalls(),
  imports: await measureImports(),
  memory: {
    envelope: inOwnProcess('coreMemory.mjs', 'envelope', '256'),
    message: inOwnProcess('coreMemory.mjs', 'message', '32'),
    bare: inOwnProcess('coreMemory.mjs', 'bare', '256'),
  },
  pauses: { envelope: pausesOf('envelope'), message: pausesOf('message') },
  // Last, for the load that all of this makes.
  machine: machine(),
}

const text = report(results)
console.log(text)
const here = name => new URL(name, import.meta.url)
writeFileSync(here('core.json'), `${JSON.stringify(results, undefined, 2)}\n`)
writeFileSync(here('core.md'), text)

/** Where what the other contestants left on V8's heap would count. */
function inOwnProcess(name, ...args) {
  const program = fileURLToPath(new URL(name, import.meta.url))
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', program, ...args], { encoding: 'utf8' }))
}

function pausesOf(format) {
  return medians(Array.from({ length: 3 }, () => inOwnProcess('corePauses.mjs', format)))
}

/** Of results of the same shape, number by number: how V8 lays out a heap differs from process to process. */
function medians(results) {
  const [first] = results
  if (typeof first === 'number') return median(results)
  return Object.fromEntries(Object.keys(first).map(name => [name, medians(results.map(each => each[name]))]))
}
