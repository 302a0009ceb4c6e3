// node test/fuzz/core.mjs [SECONDS]
// Feeds damaged messages, contexts, fields, envelopes and values to the parsers. Whatever they throw but a FieldError
// fails, and so does what opens though it is damaged, and a value that was taken though it is not canonical.
import { readdirSync, readFileSync } from 'node:fs'
import { createFormat, FieldError, parseValue, serializeValue } from '@dynaseal/core'
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

const [envelope] = corpus.envelope
const [short] = corpus.short
const targets = {
  message: openField,
  context: openField,
  signed: input => open(input, envelope),
  short: openField,
  full: openField,
  envelope: async input => refuseDamaged(input, await open(short, input)),
  value: readValue,
}
/** What may open, but for signed messages: of a signature there is more than one form. */
const genuine = new Set(
  Object.entries(corpus).flatMap(([kind, inputs]) =>
    kind === 'signed' ? [] : inputs.map(input => input.toString('base64')),
  ),
)
const runs = Object.fromEntries(Object.keys(targets).map(kind => [kind, 0]))
/** Otherwise nothing damaged would get past its commitment either, and what is behind it would not be fuzzed. */
const OPENS = ['message', 'signed', 'short', 'full', 'envelope']
/** Signed messages are slow, since the AWS Encryption SDK reads them: one for so many others. */
const SIGNED_EVERY = 20
const end = Date.now() + seconds * 1000
console.log(`seed ${seed}, ${seconds} s`)
const outcomes = new Map()
for (const [kind, inputs] of Object.entries(corpus)) {
  const before = outcomes.get('opened') ?? 0
  for (const input of inputs) await attempt(kind, input)
  if (OPENS.includes(kind) && (outcomes.get('opened') ?? 0) === before)
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

async function openField(input) {
  refuseDamaged(input, await open(input, envelope))
}

function refuseDamaged(input, opened) {
  if (opened && !genuine.has(input.toString('base64'))) throw new Error('It is damaged, and opens.')
}

/** @returns whether a field of an item with this envelope opens */
async function open(value, dynaseal) {
  const attributes = { dynaseal }
  const item = { ...place, fields: [{ path: ['secret'], value }], attributes }
  let opened = false
  for (const format of formats) {
    if (typeof format.looksSealed(value) !== 'boolean') throw new Error('looksSealed gave no boolean.')
    if (typeof format.isSealed(value, attributes) !== 'boolean') throw new Error('isSealed gave no boolean.')
    const [{ fields }] = await format.open([item])
    const [field] = fields
    if ('error' in field && !(field.error instanceof FieldError)) throw field.error
    const outcome = 'error' in field ? field.error.code : 'opened'
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    opened ||= outcome === 'opened'
  }
  return opened
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
