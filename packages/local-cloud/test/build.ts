import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))

/** For tests that run what the package ships. Does little when nothing has changed. */
export function buildPackage(): void {
  execFileSync(process.execPath, [tsc, '-b', 'packages/local-cloud'], { cwd: root })
}
