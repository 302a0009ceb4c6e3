// node test/fuzz/core.mjs [SECONDS]
// Feeds damaged messages, contexts and values to the parsers. Whatever they throw but a FieldError fails, and
// so does a value that was taken though it is not canonical.
import { readdirSync, readFileSync } from 'node:fs'
import { createFormat, FieldError, isMessage, parseValue, serializeValue } from '@dynaseal/core'
import { fuzzKeyring } from './fuzzKeyring.mjs'
import { mutate, seededRandom } from './mutate.mjs'

const seconds = Number(process.argv[2] ?? 5)
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 32)
const random = seededRandom(seed)
const corpus = readCorpus(new URL('corpus/', import.meta.url))
const place = { table: 'Customers', key: { id: { S: 'customer-1' } } }
const keyring = fuzzKeyring()
const formats = [{}, { allowSuites: ['0x0578'] }].map(options =>
  createFormat({ keyring, cache: { maxKeys: 10 }, ...options }),
)

const targets = { message: openMessage, context: openMessage, signed: openMessage, value: readValue }
const runs = { message: 0, context: 0, signed: 0, value: 0 }
/** Signed messages are slow, since the AWS Encryption SDK reads them: one for so many others. */
const SIGNED_EVERY = 20
const end = Date.now() + seconds * 1000
console.log(`seed ${seed}, ${seconds} s`)
const outcomes = new Map()
for (const [kind, inputs] of Object.entries(corpus)) {
  const before = outcomes.get('opened') ?? 0
  for (const input of inputs) await attempt(kind, input)
  // Otherwise no damaged message would get past its commitment either, and the body would not be fuzzed.
  if ((kind === 'message' || kind === 'signed') && (outcomes.get('opened') ?? 0) === before)
    throw new Error(`No ${kind} of the corpus opens.`)
}
for (let round = 0; Date.now() < end; round++) {
  for (const [kind, inputs] of Object.entries(corpus)) {
    if (kind === 'signed' && round % SIGNED_EVERY !== 0) continue
    const input = inputs[random(inputs.length)]
    await attempt(kind, mutate(input, inputs, random))
  }
}
console.log(
  Object.entries(runs)
    .map(([kind, count]) => `${kind}: ${count} inputs`)
    .join(', '),
)
console.log([...outcomes].map(([outcome, count]) => `${outcome}: ${count}`).join(', '))

async function attempt(kind, input) {
  runs[kind]++
  try {
    await targets[kind](input)
  } catch (error) {
    console.error(`${kind} ${input.toString('hex')}\nseed ${seed}`)
    throw error
  }
}

async function openMessage(input) {
  if (typeof isMessage(input) !== 'boolean') throw new Error('isMessage gave no boolean.')
  const item = { ...place, fields: [{ path: ['secret'], value: input }] }
  for (const format of formats) {
    const [[field]] = await format.open([item])
    if ('error' in field && !(field.error instanceof FieldError)) throw field.error
    const outcome = 'error' in field ? field.error.code : 'opened'
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
}

function readValue(input) {
  let value
  try {
    value = parseValue(input)
  } catch (error) {
    if (error instanceof FieldError) return
    throw error
  }
  if (!Buffer.from(serializeValue(value)).equals(input)) throw new Error('A value was not canonical.')
}

/** One input a line, in base64; the name of a file is what its inputs are. */
function readCorpus(folder) {
  return Object.fromEntries(
    readdirSync(folder).map(file => [
      file.replace('.txt', ''),
      readFileSync(new URL(file, folder), 'utf8')
        .trim()
        .split('\n')
        .map(line => Buffer.from(line, 'base64')),
    ]),
  )
}
