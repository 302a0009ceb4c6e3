// Items of the AWS Database Encryption SDK: what its official release for Rust reads of ours, and we of its. By itself, and not
// in CI: the first build takes some ten minutes.
import { ok, strictEqual } from 'node:assert'
import { randomJobs } from './dbEsdk.mjs'
import { Missing } from './python.mjs'
import { prepareRust } from './rust.mjs'

const rust = await prepareRust().catch(error => {
  if (!(error instanceof Missing)) throw error
  console.error(error.message)
  process.exit(1)
})
console.log(rust.version)
let failed = 0
for (const { name, steps, verify } of await randomJobs('Rust')) {
  try {
    const results = await rust.run(steps)
    strictEqual(results.length, steps.length)
    const refused = results.find(({ error }) => error !== undefined)
    ok(refused === undefined, refused?.error)
    await verify(results)
    console.log(`ok  ${name}`)
  } catch (error) {
    failed++
    console.log(`FAILED  ${name}\n${error.stack ?? error}`)
  }
}
process.exitCode = failed === 0 ? 0 : 1
