import { invalidOption } from '../errors.js'
import { type ClientNode, clientNode } from './clientNode.js'
import type { Header } from './header.js'
import { readMessage } from './read.js'
import { writeMessage } from './write.js'

/** What is needed of a data key to write messages under it. */
export interface WritingKey {
  readonly context: Readonly<Record<string, string>>
  /** Serialized, with their count. */
  readonly encryptedDataKeys: Buffer
  readonly secret: Buffer
  /** From `headerTemplate`, of the two above. */
  readonly template: Buffer
}

/**
 * How messages are written and read once their data key is there. Both ways give the same format.
 * Each takes what it needs of the plaintext and of the data key before it returns.
 */
export interface Codec {
  write(key: WritingKey, plaintext: Buffer): Buffer | Promise<Buffer>
  /** @throws {FieldError} `malformed-message` or `not-authentic` */
  read(header: Header, dataKey: Buffer): Buffer | Promise<Buffer>
}

/** This package's own: in one go, without streams. */
const ownCodec: Codec = {
  write: ({ template, secret }, plaintext) => writeMessage(template, secret, plaintext),
  read: readMessage,
}

/** Loads the AWS Encryption SDK when it is first used: most applications never do. */
const clientNodeCodec: Codec = {
  async write(key, plaintext) {
    const copy = Buffer.allocUnsafeSlow(plaintext.length)
    plaintext.copy(copy)
    const secret = Uint8Array.from(key.secret)
    try {
      const sdk = await loadClientNode()
      return await sdk.write({ ...key, secret }, copy)
    } finally {
      copy.fill(0)
      secret.fill(0)
    }
  },
  async read(header, dataKey) {
    const secret = Uint8Array.from(dataKey)
    try {
      const sdk = await loadClientNode()
      return await sdk.read(header, secret)
    } finally {
      secret.fill(0)
    }
  },
}

/** Messages of the signed suite are the AWS Encryption SDK's to read, whoever reads the others. */
export const readSigned: Codec['read'] = (header, dataKey) => clientNodeCodec.read(header, dataKey)

export type CodecName = 'own' | 'client-node'

/** @throws {ConfigurationError} `invalid-option` */
export function codecNamed(name: CodecName): Codec {
  if (name === 'own') return ownCodec
  if (name === 'client-node') return clientNodeCodec
  throw invalidOption(`The option codec must be 'own' or 'client-node'.`)
}

let loaded: ClientNode | undefined

async function loadClientNode(): Promise<ClientNode> {
  try {
    // Named here and nowhere else, inside try: so bundlers take it in where it is installed, and go on where it is not.
    loaded ??= clientNode(await import('@aws-crypto/client-node'))
    return loaded
  } catch {
    throw invalidOption(
      "The options codec: 'client-node' and allowSuites need the package @aws-crypto/client-node, which could not be loaded.",
    )
  }
}
