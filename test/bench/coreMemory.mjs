// node --expose-gc test/bench/coreMemory.mjs envelope 256
// A process of its own for the one measurement that what ran before would spoil.
import { measureMemory } from './corePages.mjs'

const [format, fieldBytes] = process.argv.slice(2)
process.stdout.write(JSON.stringify(await measureMemory(format, Number(fieldBytes))))
