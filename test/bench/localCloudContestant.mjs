import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client, timeCalls } from './localCloudClient.mjs'

/** A server in a process of its own, with its client. */
export class Contestant {
  static async launch(inFlight, ...args) {
    const program = fileURLToPath(new URL('localCloudContestants.mjs', import.meta.url))
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    const contestant = new Contestant()
    contestant.child = child
    contestant.lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    contestant.url = (await contestant.lines.next()).value
    contestant.client = new Client(contestant.url, inFlight)
    return contestant
  }

  /** Microseconds per call: that the client waited, and of the server's processor. */
  async time(count, inFlight, call, untilReplicated) {
    const before = await this.processorTime()
    let waited = await timeCalls(count, inFlight, n => call(this.client, n))
    if (untilReplicated) waited += await timeReplication(this.url)
    const processor = (await this.processorTime()) - before
    return { waited: (waited * 1000) / count, processor: processor / count }
  }

  async processorTime() {
    this.child.stdin.write('\n')
    return Number((await this.lines.next()).value)
  }

  end() {
    this.client.close()
    this.child.stdin.end()
  }
}

/** The last writes reach the other region. */
async function timeReplication(url) {
  const start = performance.now()
  await fetch(`${url}/_local/replication/wait`, { method: 'POST' })
  return performance.now() - start
}
