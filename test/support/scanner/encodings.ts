import { inspect } from 'node:util'

/** Bytes as they could be written down, and how. */
export interface Form {
  readonly encoding: string
  readonly bytes: Buffer
  /** Whether it is to be looked for in what is `compact`. */
  readonly isSpaced?: boolean
}

/** Of bytes, whatever stands before and after them. */
export function formsOfBytes(content: Uint8Array, prefix = ''): Form[] {
  const bytes = Buffer.from(content)
  const hex = bytes.toString('hex')
  const form = (encoding: string, text: string | Buffer, isSpaced = false): Form => ({
    encoding: prefix + encoding,
    bytes: Buffer.from(text as string),
    isSpaced,
  })
  return [
    form('plain bytes', bytes),
    ...base64Of(bytes).flatMap(text => [
      form('base64', text),
      form('base64url', text.replaceAll('+', '-').replaceAll('/', '_')),
    ]),
    form('hex', hex, true),
    form('upper-case hex', hex.toUpperCase(), true),
    form('a list of bytes', [...bytes].join(','), true),
  ]
}

/** Of a text, in UTF-8, in UTF-16, and in the notations that have to escape some of its characters. */
export function formsOfText(text: string): Form[] {
  const notations: [string, string | Buffer][] = [
    ['UTF-16 ', Buffer.from(text, 'utf16le')],
    ['JSON-escaped ', escapedOnce(text)],
    ['twice JSON-escaped ', escapedOnce(escapedOnce(text))],
    ['\\u-escaped ', asciiEscaped(text)],
    ['inspected ', inspect(`x${text}`).slice(2, -1)],
    ['percent-encoded ', encodeURIComponent(text)],
  ]
  return [
    ...formsOfBytes(Buffer.from(text)),
    ...notations
      .filter(([, notation]) => notation !== text)
      .flatMap(([prefix, notation]) => formsOfBytes(Buffer.from(notation as string), prefix)),
  ]
}

/** Without spaces and line breaks, which `inspect` puts between bytes, and without positions, which JSON gives those of a Uint8Array. */
export function compact(content: Uint8Array): Buffer {
  const kept = Buffer.allocUnsafe(content.length)
  let length = 0
  for (const byte of content) if (byte !== 0x20 && byte !== 0x0a) kept[length++] = byte
  const text = kept.toString('latin1', 0, length)
  return Buffer.from(text.replaceAll(/"\d+":/g, ''), 'latin1')
}

/** The characters that are the same whatever stands before and after, at each of the three offsets. */
function base64Of(bytes: Buffer): string[] {
  return [0, 1, 2].map(offset => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const end = (bytes.length + offset) % 3 === 0 ? encoded.length : encoded.length - 1
    return encoded.slice(offset === 0 ? 0 : offset + 1, end)
  })
}

function escapedOnce(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function asciiEscaped(text: string): string {
  return escapedOnce(text).replace(
    /[\u0080-\uffff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
