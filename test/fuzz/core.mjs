// node test/fuzz/core.mjs [SECONDS]
// Feeds damaged messages, contexts and values to the parsers, and items of format 2 with damaged fields or envelopes.
// Whatever they throw but a FieldError fails, and so does a value that was taken though it is not canonical. At the end
// it says how far the inputs of each kind got.
import { readdirSync, readFileSync } from 'node:fs'
import { createFormat, FieldError, parseValue, serializeValue } from '@dynaseal/core'
import { fuzzKeyring } from './fuzzKeyring.mjs'
import { envelopeItems } from './items.mjs'
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
const KINDS = [...Object.keys(targets), 'short', 'full', 'envelope']
/** For each kind, how many inputs had which outcome. */
const outcomes = Object.fromEntries(KINDS.map(kind => [kind, new Map()]))
/** One for each encryption context of the items, which is few. */
const formatsOfItems = new Map()
/** Signed messages are slow, since the AWS Encryption SDK reads them: one for so many others. */
const SIGNED_EVERY = 20
const end = Date.now() + seconds * 1000
console.log(`seed ${seed}, ${seconds} s`)
for (const [kind, inputs] of Object.entries(corpus)) {
  for (const input of inputs) await attempt(kind, input)
  // Otherwise no damaged message would get past its commitment either, and the body would not be fuzzed.
  if ((kind === 'message' || kind === 'signed') && !outcomes[kind].has('opened'))
    throw new Error(`No ${kind} of the corpus opens.`)
}
for (const item of envelopeItems) {
  await attemptItem(item.kind, item)
  if (outcomes[item.kind].size !== 1) throw new Error('An item of the vectors does not open.')
}
for (let round = 0; Date.now() < end; round++) {
  for (const [kind, inputs] of Object.entries(corpus)) {
    if (kind === 'signed' && round % SIGNED_EVERY !== 0) continue
    const input = inputs[random(inputs.length)]
    await attempt(kind, mutate(input, inputs, random))
  }
  for (const kind of ['short', 'full', 'envelope']) await attemptItem(kind, damagedItem(kind))
}
for (const kind of KINDS) {
  const counts = [...outcomes[kind]].map(([outcome, count]) => `${outcome} ${count}`)
  const inputs = [...outcomes[kind].values()].reduce((sum, count) => sum + count, 0)
  console.log(`${kind}: ${inputs} outcomes: ${counts.join(', ')}`)
}

function count(kind, outcome) {
  outcomes[kind].set(outcome, (outcomes[kind].get(outcome) ?? 0) + 1)
}

async function attempt(kind, input) {
  try {
    await targets[kind](input, kind)
  } catch (error) {
    console.error(`${kind} ${input.toString('hex')}\nseed ${seed}`)
    throw error
  }
}

/** An item with damage in its field, or in its envelope. */
function damagedItem(kind) {
  const ofKind = envelopeItems.filter(item => item.kind === (kind === 'envelope' ? 'short' : kind))
  const item = ofKind[random(ofKind.length)]
  const target = kind === 'envelope' ? 'envelope' : 'field'
  const inputs = ofKind.map(other => other[target])
  return { ...item, [target]: mutate(item[target], inputs, random) }
}

async function attemptItem(kind, { place: where, path, encryptionContext, envelope, field }) {
  const name = JSON.stringify(encryptionContext)
  const format =
    formatsOfItems.get(name) ?? createFormat({ keyring, encryptionContext, cache: { maxKeys: 10 } })
  formatsOfItems.set(name, format)
  const attributes = envelope === undefined ? {} : { dynaseal: envelope }
  try {
    if (typeof format.looksSealed(field) !== 'boolean') throw new Error('looksSealed gave no boolean.')
    if (typeof format.isSealed(field, attributes) !== 'boolean') throw new Error('isSealed gave no boolean.')
    await openWith(format, { ...where, fields: [{ path, value: field }], attributes }, kind)
  } catch (error) {
    console.error(`${kind} ${field.toString('hex')} beside ${envelope?.toString('hex')}\nseed ${seed}`)
    throw error
  }
}

async function openWith(format, item, kind) {
  const [{ fields }] = await format.open([item])
  const [field] = fields
  if ('error' in field && !(field.error instanceof FieldError)) throw field.error
  count(kind, 'error' in field ? field.error.code : 'opened')
}

async function openMessage(input, kind) {
  const item = { ...place, fields: [{ path: ['secret'], value: input }] }
  for (const format of formats) {
    if (typeof format.looksSealed(input) !== 'boolean') throw new Error('looksSealed gave no boolean.')
    await openWith(format, item, kind)
  }
}

function readValue(input) {
  let value
  try {
    value = parseValue(input)
  } catch (error) {
    if (error instanceof FieldError) return count('value', error.code)
    throw error
  }
  if (!Buffer.from(serializeValue(value)).equals(input)) throw new Error('A value was not canonical.')
  count('value', 'read')
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
