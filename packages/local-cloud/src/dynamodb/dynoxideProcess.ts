import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { EngineUnavailableError, platform } from './engineUnavailable.js'
import { type Address, unbrowsableAddresses } from './unbrowsable.js'

/** How many addresses are tried: any may be taken. */
const ATTEMPTS = 10

/** How long dynoxide may take to end when asked to, in milliseconds, before it is made to. */
const GRACE = 2000

/** How much of what it prints is kept, in characters, to say why it ended. */
const KEPT_OUTPUT = 2000

/**
 * Becomes dynoxide, so that its process id is the one we know, and leaves a watcher behind: our end of its standard
 * input closes when we die, however we die, and then dynoxide goes too. A line on it calls the watcher off.
 */
const WATCHED = `
exec 3<&0 </dev/null
{ read -r line <&3 || kill -KILL $$; } >/dev/null 2>&1 &
exec "$0" "$@" 3<&-
`

/** One running dynoxide: an HTTP server on loopback, where no web page can reach it. */
export class DynoxideProcess {
  readonly url: string
  readonly #child: ChildProcess
  readonly #output: Output

  private constructor(url: string, child: ChildProcess, output: Output) {
    this.url = url
    this.#child = child
    this.#output = output
  }

  /**
   * Resolves when it listens. `path` is its SQLite file, made if it is not there; in memory without.
   *
   * Throws EngineUnavailableError.
   */
  static async start(path?: string): Promise<DynoxideProcess> {
    const binary = findBinary()
    let output: Output | undefined
    for (const address of unbrowsableAddresses(ATTEMPTS)) {
      const child = launch(binary, address, path)
      output = new Output(child)
      if (await output.listening)
        return new DynoxideProcess(`http://${address.host}:${address.port}`, child, output)
      if (!output.portTaken) break
    }
    throw new EngineUnavailableError(`dynoxide did not start: ${output?.end}`, { cause: output?.failure })
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** For people: how it ended; undefined while it runs. */
  get end(): string | undefined {
    return this.#output.end
  }

  async stop(): Promise<void> {
    if (this.#output.end !== undefined) return
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), GRACE)
    await ended
    clearTimeout(timer)
  }
}

/** What a dynoxide prints, and how it ends. */
class Output {
  /** True once it listens, false if it ends before. */
  readonly listening: Promise<boolean>
  end: string | undefined
  failure: Error | undefined
  #text = ''

  constructor(child: ChildProcess) {
    this.listening = new Promise(resolve => {
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        this.#text = (this.#text + text).slice(-KEPT_OUTPUT)
        // Printed when the socket listens, not before.
        if (this.#text.includes('Dynoxide listening on')) resolve(true)
      })
      child.on('error', error => {
        this.failure = error
        this.end ??= error.message
        resolve(false)
      })
      // Not 'exit': by then not all that it printed has been read.
      child.on('close', (code, signal) => {
        this.end ??= `${signal ?? `exit code ${code}`}, ${this.#text.trim() || 'without a word'}`
        resolve(false)
      })
    })
  }

  get portTaken(): boolean {
    return /already in use|failed to bind/.test(this.#text)
  }
}

function findBinary(): string {
  const name = `@dynoxide/${platform()}`
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`)
  } catch (error) {
    throw new EngineUnavailableError(
      `The engine dynoxide is not installed: it is the package ${name}, an optional dependency. ` +
        `Where there is such a package, \`npm install ${name}\`; elsewhere use the engine dynalite, or run a DynamoDB ` +
        'server yourself and give its URL as `engines`.',
      { cause: error },
    )
  }
}

function launch(binary: string, { host, port }: Address, path: string | undefined): ChildProcess {
  const args = ['serve', '--host', host, '--port', String(port)]
  if (path !== undefined) args.push('--db-path', path)
  const child = spawn('/bin/sh', ['-c', WATCHED, binary, ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
    // Ctrl-C in a terminal is for us, who stop it in our own time.
    detached: true,
  })
  child.stdin?.on('error', () => {})
  child.on('exit', () => child.stdin?.end('\n'))
  return child
}
