// node --expose-gc test/bench/coreMemory.mjs
// A process of its own for the one measurement that what ran before would spoil.
import { measureMemory } from './corePages.mjs'

process.stdout.write(JSON.stringify(await measureMemory()))
