// node --expose-gc test/bench/search.mjs
// Prints what search tokens cost, and writes it as search.json and search.md.
import { writeFileSync } from 'node:fs'
import { createSearchKey, createSearchTokens, TokenDefinition } from '@dynaseal/core'
import { startWorld } from './coreWorld.mjs'
import { machine } from './machine.mjs'
import { machineLine, table, targets } from './markdown.mjs'
import { measureSpeed } from './searchSpeed.mjs'

const speed = []
for (const bytes of [20, 256, 4096]) speed.push(await measureSpeed(bytes))
const results = {
  speed,
  coldCalls: await measureColdCalls(),
  // Last, for the load that all of this makes.
  machine: machine(),
}

const text = report(results)
console.log(text)
const here = name => new URL(name, import.meta.url)
writeFileSync(here('search.json'), `${JSON.stringify(results, undefined, 2)}\n`)
writeFileSync(here('search.md'), text)

/** Calls to KMS of 1,000 parallel callers with ten tokens each, who find under two search keys. */
async function measureColdCalls() {
  const { keyring, kms } = startWorld()
  const [writeWith, old] = await Promise.all([1, 2].map(version => createSearchKey(keyring, { version })))
  const tokens = createSearchTokens({ keyring, writeWith, findWith: [old] })
  const definition = new TokenDefinition({ of: [{ path: ['email'] }] })
  kms.calls = 0
  const callers = Array.from({ length: 1000 }, (_, caller) => {
    const subjects = Array.from({ length: 10 }, (_, index) => ({
      definition,
      table: 'Customers',
      values: [{ S: `${caller}.${index}@example.com` }],
    }))
    return caller % 2 === 0 ? tokens.write(subjects) : tokens.find(subjects)
  })
  await Promise.all(callers)
  return kms.calls
}

/** The results as a page of Markdown. Each target is held or missed, and says so. */
function report({ machine, speed, coldCalls }) {
  const rows = [
    ...speed.flatMap(({ bytes, ratios }) => [
      atMost(`${bytes} B, a page of 100 tokens, against bare \`createHmac\` of the same bytes`, ratios.page),
      atMost(`${bytes} B, one token at a time, likewise`, ratios.single),
    ]),
    {
      name: 'KMS calls of 1,000 parallel cold callers, two search keys',
      target: 'at most 2',
      measured: String(coldCalls),
      held: coldCalls <= 2,
    },
  ]
  const name = {
    bare: 'bare `createHmac`, one at a time',
    page: 'a page of 100',
    normalized: 'a page of 100, `lowerCase`',
    tenants: 'a page of 100, each of another tenant',
    check: 'a page of 100, checked',
    find: 'found under two search keys, one value at a time',
    single: 'one at a time',
  }
  return `${[
    '# What search tokens cost',
    '',
    'Written by `npx --yes pnpm@12 bench:search`. One process, one thread; all contestants take turns in each of 15 rounds; times are processor time,',
    'and times and ratios are medians over the rounds. The search key is in memory.',
    '',
    machineLine(machine),
    '',
    ...targets(rows),
    '',
    '## Microseconds a token',
    '',
    'Beside each how many times as long as the bare HMAC, which has neither types nor lengths, and no key of table, attribute and tenant.',
    '',
    ...table(
      ['', ...speed.map(({ bytes }) => `${bytes} B`)],
      Object.entries(name).map(([contestant, description]) => [
        description,
        ...speed.map(
          ({ micros, ratios }) => `${micros[contestant].toFixed(2)} (${ratios[contestant].toFixed(2)})`,
        ),
      ]),
    ),
  ].join('\n')}\n`
}

function atMost(name, ratio) {
  return {
    name,
    target: 'at most 2 times as long',
    measured: `${ratio.toFixed(2)} times as long`,
    held: ratio <= 2,
  }
}
