import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { format, inspect } from 'node:util'
import { serialize } from 'node:v8'
import { channelNames as coreChannels } from '@dynaseal/core'
import { channelNames as keyringChannels } from '@dynaseal/mrk-keyring'
import { DynamoDBToolboxError } from 'dynamodb-toolbox'
import { leaks } from '../../support/scanner/plaintexts.js'

/** What an application, its logger or the network saw while something ran. */
export class Watch {
  readonly #seen: { where: string; content: string | Uint8Array }[] = []
  readonly #restore: (() => void)[] = []
  readonly #commands: boolean

  /**
   * Listens to the console, both output streams, warnings, and every channel of ours, until it is stopped.
   *
   * @param commands whether the application's commands have nothing in clear
   */
  constructor({ commands = true } = {}) {
    this.#commands = commands
    for (const name of Object.keys(console) as (keyof Console)[]) {
      if (typeof console[name] === 'function') this.#replace(console, name, `console.${name}`)
    }
    this.#replace(process.stdout, 'write', 'stdout')
    this.#replace(process.stderr, 'write', 'stderr')
    this.#replace(process, 'emitWarning', 'process.emitWarning')
    for (const channel of [...Object.values(coreChannels), ...Object.values(keyringChannels)]) {
      const listener = (message: unknown) => this.see(channel, message)
      subscribe(channel, listener)
      this.#restore.push(() => unsubscribe(channel, listener))
    }
  }

  stop(): void {
    for (const restore of this.#restore.splice(0)) restore()
  }

  /** Bytes as they went out. */
  sent(bytes: readonly Uint8Array[]): void {
    this.#seen.push({ where: 'a request', content: Buffer.concat([...bytes]) })
  }

  /** Something that an application holds: everything that one may do to look at it. */
  see(where: string, value: unknown): void {
    for (const content of renderings(value)) this.#seen.push({ where, content })
  }

  /** A command of the application, as the sealed client is given it. */
  seeCommand({ input }: { input: object }): void {
    if (this.#commands) this.see('a command', input)
  }

  /** An error, with the stack and all that hangs on it, but for the places that are meant to have plaintext. */
  seeError(error: unknown): void {
    withoutMeantPlaintext(error, () => {
      this.see('an error', error)
      if (error instanceof Error) this.see("an error's texts", [error.message, error.stack, String(error)])
    })
  }

  leaks(): string[] {
    return this.#seen.flatMap(({ where, content }) => leaks(content).map(leak => `${where}: ${leak}`))
  }

  /** How many things were looked at. */
  get size(): number {
    return this.#seen.length
  }

  #replace<T extends object>(holder: T, name: keyof T, where: string): void {
    const original = holder[name] as (...args: unknown[]) => unknown
    const watch = this
    holder[name] = function (this: unknown, ...args: unknown[]) {
      watch.#seen.push({ where, content: format(...args) })
      watch.see(where, args)
      return original.apply(this, args)
    } as never
    this.#restore.push(() => {
      holder[name] = original as never
    })
  }
}

const DEEP = { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null } as const

function* renderings(value: unknown): Generator<string | Uint8Array> {
  yield inspect(value, DEEP)
  yield inspect(value, { ...DEEP, customInspect: false })
  yield attempt(() => String(value))
  yield attempt(() => JSON.stringify(value) ?? '')
  yield attempt(() => serialize(value))
}

/** What cannot be rendered this way (a cycle, a function) gives nothing away this way. */
function attempt<T extends string | Uint8Array>(render: () => T): T | string {
  try {
    return render()
  } catch {
    return ''
  }
}

/**
 * A failed condition returns the stored item, open; and an error of dynamodb-toolbox has what it was given as its
 * payload, as the toolbox's README says: both are taken away while the error is looked at.
 */
function withoutMeantPlaintext(error: unknown, look: () => void): void {
  if (typeof error !== 'object' || error === null) {
    look()
    return
  }
  const holders = error as { Item?: unknown; CancellationReasons?: { Item?: unknown }[]; cause?: unknown }
  const restore: (() => void)[] = []
  const take = (holder: Record<string, unknown>, name: string) => {
    if (!Object.hasOwn(holder, name)) return
    const taken = holder[name]
    delete holder[name]
    restore.push(() => {
      holder[name] = taken
    })
  }
  take(holders as Record<string, unknown>, 'Item')
  for (const reason of holders.CancellationReasons ?? []) take(reason as Record<string, unknown>, 'Item')
  if (error instanceof DynamoDBToolboxError) take(error as unknown as Record<string, unknown>, 'payload')
  try {
    if (holders.cause === undefined) look()
    else withoutMeantPlaintext(holders.cause, look)
  } finally {
    for (const put of restore) put()
  }
}
