// node start.mjs BUNDLE: a fresh environment of a function. Prints milliseconds until it is loaded, and until its first put is done.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [bundle] = process.argv.slice(2)
const begin = performance.now()
const { handler } = bundle.endsWith('.cjs')
  ? createRequire(import.meta.url)(bundle)
  : await import(pathToFileURL(bundle).href)
const loaded = performance.now()
await handler({ id: 'ada', name: 'Ada', address: { street: 'Harbour Road 12', city: 'Bergen' } })
process.stdout.write(JSON.stringify({ loaded: loaded - begin, put: performance.now() - begin }))
// Not until idle connections close.
process.exit()
