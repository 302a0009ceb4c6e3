import { inspect } from 'node:util'
import { Searcher } from './searcher.js'
import { BYTE_MARK, NUMBER_MARK, TEXT_END, TEXT_MARK } from './sentinels.js'

/** Bytes that give a secret away, and how they were written. */
interface Form {
  readonly mark: string
  readonly encoding: string
  readonly bytes: Buffer
  /** Whether spaces and line breaks between digits do not count, as in what `inspect` prints of bytes. */
  readonly spaced?: boolean
}

const FORMS: readonly Form[] = [
  ...formsOf('text', Buffer.from(TEXT_MARK)),
  ...formsOf('text', Buffer.from(TEXT_MARK, 'utf16le'), 'UTF-16 '),
  ...formsOf('end of text', Buffer.from(TEXT_END)),
  ...formsOf('end of text', Buffer.from(TEXT_END, 'utf16le'), 'UTF-16 '),
  ...formsOf('end of text', Buffer.from(escapedOnce(TEXT_END)), 'JSON-escaped '),
  ...formsOf('end of text', Buffer.from(escapedOnce(escapedOnce(TEXT_END))), 'twice JSON-escaped '),
  ...formsOf('end of text', Buffer.from(asciiEscaped(TEXT_END)), '\\u-escaped '),
  ...formsOf('end of text', Buffer.from(inspect(`x${TEXT_END}`).slice(2, -1)), 'inspected '),
  ...formsOf('end of text', Buffer.from(encodeURIComponent(TEXT_END)), 'percent-encoded '),
  ...formsOf('number', Buffer.from(NUMBER_MARK)),
  ...formsOf('number', Buffer.from(`${NUMBER_MARK[0]}.${NUMBER_MARK.slice(1)}`), 'with exponent '),
  ...formsOf('bytes', Buffer.from(BYTE_MARK)),
  ...formsOf('bytes', Buffer.from(Buffer.from(BYTE_MARK).toString('latin1')), 'as characters '),
]

const PLAIN = FORMS.filter(({ spaced }) => !spaced)
const SPACED = FORMS.filter(({ spaced }) => spaced)
const plain = new Searcher(PLAIN.map(({ bytes }) => bytes))
const spaced = new Searcher(SPACED.map(({ bytes }) => bytes))

/** Each secret that can be read out of the content, with what stands around it. */
export function leaks(content: string | Uint8Array): string[] {
  const bytes = Buffer.from(content as string)
  return [...found(bytes, PLAIN, plain), ...found(withoutSpaces(bytes), SPACED, spaced)]
}

function found(content: Buffer, forms: readonly Form[], searcher: Searcher): string[] {
  return [...searcher.search(content)].map(([index, end]) => {
    const { mark, encoding, bytes } = forms[index]!
    const around = content.subarray(Math.max(0, end - bytes.length - 60), end + 30)
    return `${mark} as ${encoding}: …${around.toString()}…`
  })
}

function withoutSpaces(content: Buffer): Buffer {
  const kept = Buffer.allocUnsafe(content.length)
  let length = 0
  for (const byte of content) if (byte !== 0x20 && byte !== 0x0a) kept[length++] = byte
  return kept.subarray(0, length)
}

function formsOf(mark: string, bytes: Buffer, prefix = ''): Form[] {
  const hex = bytes.toString('hex')
  const numbers = [...bytes]
  const form = (encoding: string, text: string | Buffer, spaced = false): Form => ({
    mark,
    encoding: prefix + encoding,
    bytes: Buffer.from(text as string),
    spaced,
  })
  return [
    form('plain bytes', bytes),
    ...base64Of(bytes).flatMap(text => [
      form('base64', text),
      form('base64url', text.replaceAll('+', '-').replaceAll('/', '_')),
    ]),
    form('hex', hex, true),
    form('upper-case hex', hex.toUpperCase(), true),
    form('a list of bytes', numbers.join(','), true),
    ...(prefix === '' ? [form('an object of bytes', indexed(numbers), true)] : []),
  ]
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

/** As JSON has a Uint8Array; secrets begin with their mark, so the positions are known. */
function indexed(bytes: readonly number[]): string {
  return bytes.map((byte, i) => `"${i}":${byte}`).join(',')
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
