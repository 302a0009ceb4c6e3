// node test/fuzz/generateCorpus.mjs
// Takes the inputs that the fuzzer begins with from the vectors: the smallest of each kind of value. Signed messages, of
// which there are no vectors, are made anew by the AWS Encryption SDK, as are fields of format 2, which need one data key
// and one place, by ourselves: they are others each time.
import { readFileSync, writeFileSync } from 'node:fs'
import { buildClient, CommitmentPolicy } from '@aws-crypto/client-node'
import { createFormat, parseValue } from '@dynaseal/core'
import { content } from '../vectors/writer.mjs'
import { fuzzKeyring } from './fuzzKeyring.mjs'

const MAX_BYTES = 600
const LOCATION_END = 33

const read = name =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')).vectors
const positives = read('positive')
const small = bytes => bytes.length <= MAX_BYTES
const place = { table: 'Customers', key: { id: { S: 'customer-1' } }, path: ['secret'] }
const messages = positives.map(({ message }) => Buffer.from(message, 'base64')).filter(small)
const contexts = positives
  .filter(({ encryptionContext }) => Object.keys(encryptionContext).length > 0)
  .map(({ message }) => Buffer.from(message, 'base64'))
  .filter(bytes => bytes.length <= 4 * MAX_BYTES)
const damaged = read('negative')
  .filter(({ message }) => typeof message === 'string')
  .map(({ message }) => Buffer.from(message, 'base64'))
  .filter((bytes, index) => small(bytes) && index % 5 === 0)
const values = positives
  .map(({ content }) => Buffer.from(content, 'base64').subarray(LOCATION_END))
  .filter(small)

write('message', [...messages, ...damaged])
write('context', contexts)
write('value', values)
write('signed', await Promise.all([1, 16, 4096].map(signed)))

const items = values.map(value => ({ ...place, fields: [{ path: place.path, value: parseValue(value) }] }))
const whole = await seal(items.map(item => ({ ...item, whole: true })))
write(
  'short',
  whole.map(({ values }) => values[0]),
)
write(
  'envelope',
  whole.map(({ attributes }) => attributes.dynaseal),
)
write(
  'full',
  (await seal(items)).map(({ values }) => values[0]),
)

function seal(items) {
  return createFormat({ keyring: fuzzKeyring() }).seal(items)
}

/** By the AWS Encryption SDK's default suite. */
async function signed(frameLength) {
  const { encrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const { result } = await encrypt(fuzzKeyring(), content(place, { S: 'signed' }), {
    frameLength,
    encryptionContext: { 'dynaseal:table': place.table },
  })
  return result
}

function write(kind, inputs) {
  const lines = [...new Set(inputs.map(bytes => bytes.toString('base64')))]
  writeFileSync(new URL(`corpus/${kind}.txt`, import.meta.url), `${lines.join('\n')}\n`)
}
