import { createRequire } from 'node:module'
import { describe } from 'vitest'
import { ENGINE_NAMES, type EngineName } from '../src/dynamodb/engines.js'

const dynoxide = `@dynoxide/${process.platform}-${process.arch}`

const dynoxideIsInstalled = (() => {
  try {
    createRequire(import.meta.url).resolve(`${dynoxide}/dynoxide`)
    return true
  } catch {
    return false
  }
})()

/** Tests of what only dynoxide has, skipped with the reason where it is not installed. */
export function describeDynoxide(name: string, tests: () => void): void {
  if (dynoxideIsInstalled) describe(name, tests)
  else describe.skip(`${name} (${dynoxide} is not installed)`, tests)
}

/** The same tests for each engine. */
export function describeEngines(name: string, tests: (engine: EngineName) => void): void {
  for (const engine of ENGINE_NAMES) {
    if (engine === 'dynoxide') describeDynoxide(`${name}, on dynoxide`, () => tests(engine))
    else describe(`${name}, on ${engine}`, () => tests(engine))
  }
}
