import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/** All at once, and only what has changed: tests that make sure of it may run beside others that load it. */
export function replace(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return
  const next = `${path}.${process.pid}`
  writeFileSync(next, contents)
  renameSync(next, path)
}
