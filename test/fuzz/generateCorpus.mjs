// node test/fuzz/generateCorpus.mjs
// Takes the inputs that the fuzzer begins with from the vectors: the smallest of each kind of value.
import { readFileSync, writeFileSync } from 'node:fs'

const MAX_BYTES = 600
const LOCATION_END = 33

const read = name =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')).vectors
const positives = read('positive')
const small = bytes => bytes.length <= MAX_BYTES
const messages = positives.map(({ message }) => Buffer.from(message, 'base64')).filter(small)
const contexts = positives
  .filter(({ encryptionContext }) => Object.keys(encryptionContext).length > 0)
  .map(({ message }) => Buffer.from(message, 'base64'))
  .filter(bytes => bytes.length <= 4 * MAX_BYTES)
const damaged = read('negative')
  .map(({ message }) => Buffer.from(message, 'base64'))
  .filter((bytes, index) => small(bytes) && index % 5 === 0)
const values = positives
  .map(({ content }) => Buffer.from(content, 'base64').subarray(LOCATION_END))
  .filter(small)

write('message', [...messages, ...damaged])
write('context', contexts)
write('value', values)

function write(kind, inputs) {
  const lines = [...new Set(inputs.map(bytes => bytes.toString('base64')))]
  writeFileSync(new URL(`corpus/${kind}.txt`, import.meta.url), `${lines.join('\n')}\n`)
}
