import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from './coreWorld.mjs'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))
const ROUNDS = 11

const programs = {
  engines: `
    const dynalite = loadDynalite()
    const imported = performance.now()
    const urls = await Promise.all(REGIONS.map(() => startDynalite(dynalite)))
  `,
  localCloud: `
    const { startLocalCloud } = await import('@dynaseal/local-cloud')
    const imported = performance.now()
    const { endpoint } = await startLocalCloud({ regions: REGIONS })
    const urls = REGIONS.map(() => endpoint)
  `,
}

const beginning = `
  import { Client } from './localCloudClient.mjs'
  import { loadDynalite, REGIONS, startDynalite } from './localCloudContestants.mjs'
  const start = performance.now()
`

const ending = `
  const ready = performance.now()
  const ask = (url, n) => new Client(url, 1).send('dynamodb', REGIONS[n], 'ListTables', '{}')
  await Promise.all(urls.map(ask))
  const answered = performance.now()
  console.log(JSON.stringify({ start: ready - imported, all: ready - start, answered: answered - start }))
  process.exit()
`

/**
 * Milliseconds in fresh processes, of engines that listen and of the local cloud with as many: to ready, after the
 * import (`start`) and with it (`all`), and with it until each region's DynamoDB has `answered`. Medians, and medians
 * of the ratios of one round.
 */
export async function measureStart() {
  const samples = []
  for (let round = 0; round < ROUNDS; round++) {
    const sample = {}
    // Whoever is first is so every other time.
    for (const name of round % 2 === 0 ? ['engines', 'localCloud'] : ['localCloud', 'engines'])
      sample[name] = await time(programs[name])
    samples.push(sample)
  }
  const of = pick => median(samples.map(pick))
  const each = pick => ({ start: of(pick('start')), all: of(pick('all')), answered: of(pick('answered')) })
  return {
    engines: each(
      name =>
        ({ engines }) =>
          engines[name],
    ),
    localCloud: each(
      name =>
        ({ localCloud }) =>
          localCloud[name],
    ),
    times: each(
      name =>
        ({ engines, localCloud }) =>
          localCloud[name] / engines[name],
    ),
  }
}

async function time(program) {
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '-e', beginning + program + ending],
    {
      cwd: here,
    },
  )
  return JSON.parse(stdout)
}
