import { execFileSync, spawnSync } from 'node:child_process'

const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
const counts = { passed: 0, failed: 0, skipped: 0 }

export function run(command, args, cwd, more = {}) {
  return execFileSync(command, args, {
    cwd,
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
}

/** What a command says that is to fail. */
export function output(command, args, cwd) {
  return spawnSync(command, args, { cwd, env, encoding: 'utf8' }).stdout
}

export function check(name, work) {
  try {
    work()
    counts.passed++
    console.log(`ok  ${name}`)
  } catch (error) {
    counts.failed++
    console.log(`NOT OK  ${name}\n${error.stdout ?? ''}${error.message}`)
  }
}

export function skip(name, why) {
  counts.skipped++
  console.log(`skipped  ${name}: ${why}`)
}

export function summary() {
  const { passed, failed, skipped } = counts
  console.log(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`)
  process.exitCode = failed === 0 ? 0 : 1
}
