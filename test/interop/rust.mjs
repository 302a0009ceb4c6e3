// The official AWS Database Encryption SDK for Rust, with the program in rust/, built in .interop/rust of the repository.
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Missing } from './python.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, '.interop/rust')
const manifest = join(root, 'test/interop/rust/Cargo.toml')
const execute = promisify(execFile)

/** Builds it, and answers a function that has it do steps. CARGO_TARGET_DIR may name another place for what is built. */
export async function prepareRust() {
  const version = await versionOf('cargo', 'Rust with cargo, of https://rustup.rs')
  await versionOf('cmake', 'cmake, of the package cmake of Debian and Ubuntu')
  await versionOf('cc', 'a C compiler, of the package build-essential of Debian and Ubuntu')
  mkdirSync(folder, { recursive: true })
  const target = process.env.CARGO_TARGET_DIR ?? join(folder, 'target')
  await build(['build', '--release', '--locked', '--manifest-path', manifest, '--target-dir', target])
  return { version, run: steps => run(join(target, 'release/dynaseal-interop'), steps) }
}

/** What became of each step. */
async function run(program, steps) {
  const [input, output] = ['steps.json', 'results.json'].map(name => join(folder, name))
  writeFileSync(input, JSON.stringify(steps))
  rmSync(output, { force: true })
  await execute(program, [input, output], { timeout: 300_000 })
  return JSON.parse(readFileSync(output, 'utf8'))
}

async function versionOf(program, what) {
  const found = await execute(program, ['--version']).catch(() => undefined)
  if (found === undefined) throw new Missing(`The interop with Rust needs ${what}.`)
  return found.stdout.split('\n')[0].trim()
}

/** Shows what cargo says: it takes minutes. */
function build(args) {
  return new Promise((resolve, reject) => {
    const cargo = spawn('cargo', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    cargo.on('error', reject)
    cargo.on('exit', code => {
      if (code === 0) resolve()
      else
        reject(
          new Missing('The interop with Rust needs crates.io, or a mirror that cargo is configured for.'),
        )
    })
  })
}
