import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that is still there after so many milliseconds is another one that has got the same id. */
const PATIENCE = 5000

/** Names the process that uses a file, so that the next one waits until it is gone. */
export class PidFile {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** A dynoxide that is killed along with us ends a moment later; until then it may be writing. */
  async waitForEnd(): Promise<void> {
    const pid = Number(await readFile(this.#path, 'utf8').catch(() => ''))
    const patience = Date.now() + PATIENCE
    while (pid > 0 && isRunning(pid) && Date.now() < patience) await sleep(5)
  }

  async note(pid: number): Promise<void> {
    await writeFile(this.#path, String(pid))
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
