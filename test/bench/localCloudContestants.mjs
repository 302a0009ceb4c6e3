// node test/bench/localCloudContestants.mjs KIND [LENGTH]: one contestant in a process of its own. Prints its URL, and for each
// line that it reads how many microseconds of processor time it has used.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Two, as the command has by default. */
export const REGIONS = ['us-east-1', 'us-west-2']
const HOST = '127.0.0.1'

/** As the local cloud has it: tables are there at once. */
const DYNALITE_OPTIONS = { createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 }

/** dynalite is a dependency of the local cloud, not of the tests. */
export function loadDynalite() {
  return createRequire(new URL('../../packages/local-cloud/package.json', import.meta.url))('dynalite')
}

export function startDynalite(dynalite) {
  return listen(dynalite(DYNALITE_OPTIONS))
}

async function listen(server) {
  await new Promise(resolve => server.listen(0, HOST, resolve))
  return `http://${HOST}:${server.address().port}`
}

const contestants = {
  dynalite: () => startDynalite(loadDynalite()),

  async oneRegion() {
    const { startLocalCloud } = await import('@dynaseal/local-cloud')
    return (await startLocalCloud({ regions: REGIONS.slice(0, 1) })).endpoint
  },

  async twoRegions() {
    const { startLocalCloud } = await import('@dynaseal/local-cloud')
    return (await startLocalCloud({ regions: REGIONS, replicationDelay: 0 })).endpoint
  },

  /** Reads each request to its end, and answers so many bytes. */
  bareHttp(length) {
    const body = 'x'.repeat(Number(length))
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'content-length': body.length }
    const server = createServer((request, response) => {
      request.on('data', () => {})
      request.on('end', () => response.writeHead(200, headers).end(body))
    })
    server.keepAliveTimeout = 0
    return listen(server)
  },
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await contestants[process.argv[2]](process.argv[3]))
  createInterface(process.stdin)
    .on('line', () => {
      const { user, system } = process.cpuUsage()
      console.log(user + system)
    })
    // The bench has ended, however it did.
    .on('close', () => process.exit())
}
