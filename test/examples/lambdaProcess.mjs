// A fresh process of a function, as Lambda starts one: node lambdaProcess.mjs BUNDLE [EVENT, …], in JSON. Loads the bundle
// as Lambda's runtime does, hands it each event in turn, and says what was answered.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [bundle, events] = process.argv.slice(2)
const { handler } = bundle.endsWith('.cjs')
  ? createRequire(import.meta.url)(bundle)
  : await import(pathToFileURL(bundle).href)
const answers = []
for (const event of JSON.parse(events)) answers.push(await handler(event))
process.stdout.write(JSON.stringify(answers))
