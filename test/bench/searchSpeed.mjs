import { createHmac, randomBytes } from 'node:crypto'
import { createSearchKey, createSearchTokens, TokenDefinition } from '@dynaseal/core'
import { collectYoung, median, startWorld } from './coreWorld.mjs'

const ROUNDS = 15
/** Until all code is compiled. */
const WARM_UP = 5
/** Tokens in a turn: long enough that what it costs to come back to one's code does not count. */
const TURN = 4000
const PAGE = 100
const TABLE = 'Customers'

/**
 * Microseconds of processor time per token, by contestant, and how many times as much each takes as the bare HMAC.
 * All take turns in every round, and the ratios are medians of the rounds' own: what else the machine does,
 * it does to all. Processor time, because a busy machine would charge whoever it interrupts.
 */
export async function measureSpeed(bytes) {
  const contestants = await contestantsFor(bytes)
  const names = Object.keys(contestants)
  const times = Object.fromEntries(names.map(name => [name, []]))
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round + WARM_UP) % names.length]
      collectYoung()
      const start = process.cpuUsage()
      await contestants[name]()
      const { user, system } = process.cpuUsage(start)
      if (round >= 0) times[name].push((user + system) / TURN)
    }
  }
  const toBare = list => median(list.map((time, round) => time / times.bare[round]))
  return {
    bytes,
    micros: Object.fromEntries(names.map(name => [name, median(times[name])])),
    ratios: Object.fromEntries(names.map(name => [name, toBare(times[name])])),
  }
}

async function contestantsFor(bytes) {
  const { keyring } = startWorld()
  const [writeWith, old] = await Promise.all([1, 2].map(version => createSearchKey(keyring, { version })))
  const tokens = createSearchTokens({ keyring, writeWith })
  const both = createSearchTokens({ keyring, writeWith, findWith: [old] })
  const of = (path, normalize = []) => new TokenDefinition({ of: [{ path: [path], normalize }] })
  const definition = of('email')
  const lowered = of('name', 'lowerCase')
  // Another value each time, as in life.
  const texts = Array.from({ length: PAGE }, (_, index) => `${index}${'x'.repeat(bytes)}`.slice(0, bytes))
  const subject = (text, definition_ = definition, tenant = undefined) => ({
    definition: definition_,
    table: TABLE,
    tenant,
    values: [{ S: text }],
  })
  const page = texts.map(text => subject(text))
  const normalized = texts.map(text => subject(text, lowered))
  const tenants = texts.map((text, index) => subject(text, definition, `tenant-${index}`))
  const stored = await tokens.write(page)
  const claims = page.map((one, index) => ({ ...one, stored: stored[index] }))
  const key = randomBytes(32)
  const messages = texts.map(text => Buffer.concat([Buffer.of(0, 0, 0, bytes + 2, 0, 1), Buffer.from(text)]))

  return {
    /** What one writes by hand. */
    bare: () => {
      for (let i = 0; i < TURN; i++) {
        createHmac('sha256', key)
          .update(messages[i % PAGE])
          .digest('base64url')
          .slice(0, 22)
      }
    },
    page: () => pages(() => tokens.write(page)),
    normalized: () => pages(() => tokens.write(normalized)),
    tenants: () => pages(() => tokens.write(tenants)),
    check: () => pages(async () => checkFits(await tokens.check(claims))),
    find: async () => {
      for (let i = 0; i < TURN / 2; i++) await both.find([page[i % PAGE]])
    },
    single: async () => {
      for (let i = 0; i < TURN; i++) await tokens.write([page[i % PAGE]])
    },
  }
}

async function pages(run) {
  for (let i = 0; i < TURN / PAGE; i++) await run()
}

/** A benchmark of refusals would be fast. */
function checkFits(fits) {
  for (const { fits: fit } of fits) if (!fit) throw new Error('A token does not fit.')
}
