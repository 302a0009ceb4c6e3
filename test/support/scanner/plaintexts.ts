import { compact, type Form, formsOfBytes, formsOfText } from './encodings.js'
import { Searcher } from './searcher.js'
import { BYTE_MARK, NUMBER_MARK, TEXT_END, TEXT_MARK } from './sentinels.js'

/** Bytes that give a secret away, and how they were written. */
interface MarkForm extends Form {
  readonly mark: string
}

const of = (mark: string, forms: readonly Form[]): MarkForm[] => forms.map(form => ({ mark, ...form }))
/** As they are, and as a normalization makes them. */
const inEachCase = (text: string) => [...new Set([text, text.toLowerCase(), text.toUpperCase()])]

const FORMS: readonly MarkForm[] = [
  ...inEachCase(TEXT_MARK).flatMap(text => of('text', formsOfText(text))),
  ...inEachCase(TEXT_END).flatMap(text => of('end of text', formsOfText(text))),
  ...of('number', formsOfBytes(Buffer.from(NUMBER_MARK))),
  ...of('number', formsOfBytes(Buffer.from(`${NUMBER_MARK[0]}.${NUMBER_MARK.slice(1)}`), 'with exponent ')),
  ...of('bytes', formsOfBytes(BYTE_MARK)),
  ...of('bytes', formsOfBytes(Buffer.from(Buffer.from(BYTE_MARK).toString('latin1')), 'as characters ')),
]

const PLAIN = FORMS.filter(({ isSpaced }) => !isSpaced)
const SPACED = FORMS.filter(({ isSpaced }) => isSpaced)
const plain = new Searcher(PLAIN.map(({ bytes }) => bytes))
const spaced = new Searcher(SPACED.map(({ bytes }) => bytes))

/** Each secret that can be read out of the content, with what stands around it. */
export function leaks(content: string | Uint8Array): string[] {
  const bytes = Buffer.from(content as string)
  return [...found(bytes, PLAIN, plain), ...found(compact(bytes), SPACED, spaced)]
}

function found(content: Buffer, forms: readonly MarkForm[], searcher: Searcher): string[] {
  return [...searcher.search(content)].map(([index, end]) => {
    const { mark, encoding, bytes } = forms[index]!
    const around = content.subarray(Math.max(0, end - bytes.length - 60), end + 30)
    return `${mark} as ${encoding}: …${around.toString()}…`
  })
}
