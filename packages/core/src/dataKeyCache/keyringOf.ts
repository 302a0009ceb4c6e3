import { invalidOption } from '../errors.js'
import { isKeyring, type Keyring, sourceAsKeyring, sourceOf } from './keyring.js'

/**
 * The keyring for an encryption context, for example with the KMS key of the tenant that it names.
 *
 * @param context all of its pairs, those of this package included
 */
export type KeyringOfContext = (context: Readonly<Record<string, string>>) => Keyring | Promise<Keyring>

/**
 * A keyring, or a function of the context, as a keyring.
 *
 * @param limit most keyrings of a function that are kept; the least recently used leaves first
 * @throws {ConfigurationError} `invalid-option`
 */
export function keyringOf(keyring: Keyring | KeyringOfContext, limit: number): Keyring {
  if (typeof keyring !== 'function') return checkedKeyring('keyring', keyring)
  if (isKeyring(keyring.prototype)) {
    throw invalidOption(
      `The option keyring is the class ${keyring.name}. Give it an instance: new ${keyring.name}({ … }).`,
    )
  }
  const keyrings = new KeyringsOfContexts(keyring, limit)
  return sourceAsKeyring({
    generateDataKey: async request =>
      (await sourceOf(await keyrings.of(request.encryptionContext))).generateDataKey(request),
    decryptDataKey: async request =>
      (await sourceOf(await keyrings.of(request.encryptionContext))).decryptDataKey(request),
  })
}

class KeyringsOfContexts {
  readonly #make: KeyringOfContext
  readonly #limit: number
  /** In order of use: the least recently used stands first. */
  readonly #known = new Map<string, Promise<Keyring>>()

  constructor(make: KeyringOfContext, limit: number) {
    this.#make = make
    this.#limit = limit
  }

  of(context: Readonly<Record<string, string>>): Promise<Keyring> {
    const id = JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)))
    let keyring = this.#known.get(id)
    if (keyring === undefined) {
      keyring = this.#ask(context)
      // What failed is asked for again.
      keyring.catch(() => this.#known.delete(id))
    }
    this.#known.delete(id)
    this.#known.set(id, keyring)
    if (this.#known.size > this.#limit) this.#known.delete(this.#known.keys().next().value!)
    return keyring
  }

  async #ask(context: Readonly<Record<string, string>>): Promise<Keyring> {
    return checkedKeyring('function keyring', await this.#make({ ...context }))
  }
}

const WANTED = {
  keyring:
    'The option keyring must be a keyring, with onEncrypt and onDecrypt, such as new MrkKeyring({ keyArns }) of @dynaseal/mrk-keyring, or a function that gives one for an encryption context. If it is a promise of one, await it first.',
  'function keyring':
    'The function keyring gave no keyring, with onEncrypt and onDecrypt, for an encryption context. Let it give one for every context, or throw.',
  sealWith: 'The option sealWith must be a keyring, with onEncrypt and onDecrypt.',
  openWith: 'The option openWith must be a list of keyrings, with onEncrypt and onDecrypt.',
}

/** @throws {ConfigurationError} `invalid-option` */
export function checkedKeyring(from: keyof typeof WANTED, keyring: Keyring): Keyring {
  if (isKeyring(keyring)) return keyring
  throw invalidOption(WANTED[from])
}
