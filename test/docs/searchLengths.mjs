// node test/docs/searchLengths.mjs [--check]
// Writes the tables of docs/search.md and docs/search-lengths.svg; with --check, says whether they are current.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const VALUES = [3, 4, 5, 6, 7, 8]
const BITS = [8, 12, 16, 20, 24, 32, 64, 128]
const SKEWED_BITS = [4, 8, 10, 12, 16, 128]
const SKEWED_VALUES = 100_000

/** Of `n` different values, how many others share the token of one, on average: false positives of a search. */
const others = (n, bits) => (n - 1) / 2 ** bits
/** The share of values whose token is another one's, too. */
const shared = (n, bits) => -Math.expm1((n - 1) * Math.log1p(-(2 ** -bits)))

const pages = new URL('../../docs/', import.meta.url)
const page = new URL('search.md', pages)
const plot = new URL('search-lengths.svg', pages)
const text = readFileSync(page, 'utf8')
const written = [
  [page, withTable(withTable(text, 'lengths', lengths()), 'skewed', skewed())],
  [plot, svg()],
]
for (const [file, content] of written) {
  if (!process.argv.includes('--check')) writeFileSync(file, content)
  else if (readFileSync(file, 'utf8') !== content) {
    console.error(`${file.pathname.split('/').at(-1)} is not what searchLengths.mjs writes.`)
    process.exitCode = 1
  }
}

function withTable(page, name, lines) {
  const [before, rest] = page.split(`<!-- ${name} -->\n`)
  if (rest === undefined) throw new Error(`The page has no place for ${name}.`)
  return `${before}<!-- ${name} -->\n\n${lines.join('\n')}\n\n${rest.slice(rest.indexOf('<!-- end -->'))}`
}

function row(cells) {
  return `| ${cells.join(' | ')} |`
}

function lengths() {
  return [
    row(['different values', ...BITS.map(bits => `${bits} bits`)]),
    row(['---', ...BITS.map(() => '---')]),
    ...VALUES.map(exponent =>
      row([`10<sup>${exponent}</sup>`, ...BITS.map(bits => amount(others(10 ** exponent, bits)))]),
    ),
  ]
}

/** Three digits at most; what is less than one in a hundred as the nearest power of ten. */
function amount(number) {
  if (number >= 100) return Math.round(Number(number.toPrecision(3))).toLocaleString('en-US')
  if (number >= 0.01) return String(Number(number.toPrecision(2)))
  return `10<sup>−${Math.round(-Math.log10(number))}</sup>`
}

/**
 * Values that are as frequent as words are (Zipf, exponent 1), with tokens from SHA-256 of their rank. Whoever knows how
 * frequent each is, and which share a token, guesses the most frequent of these.
 */
function skewed() {
  let sum = 0
  for (let rank = 1; rank <= SKEWED_VALUES; rank++) sum += 1 / rank
  const guessed = bits => {
    // Ranks ascend, so that the first of a token is its most frequent value.
    const first = new Map()
    for (let rank = 1; rank <= SKEWED_VALUES; rank++) {
      const digest = createHash('sha256').update(`value ${rank}`).digest()
      const token = bits > 32 ? rank : digest.readUInt32BE(0) >>> (32 - bits)
      if (!first.has(token)) first.set(token, rank)
    }
    return [...first.values()].reduce((total, rank) => total + 1 / rank / sum, 0)
  }
  const percent = share => `${Math.round(share * 100)} %`
  return [
    row(['', 'no token', ...SKEWED_BITS.map(bits => `${bits} bits`)]),
    row(['---', '---', ...SKEWED_BITS.map(() => '---')]),
    row(['guessed right, at most', percent(1 / sum), ...SKEWED_BITS.map(bits => percent(guessed(bits)))]),
  ]
}

function svg() {
  const [width, height, top, left, panel] = [880, 330, 40, 62, 360]
  const bottom = height - 46
  const [first, last] = [8, 40]
  const x = (origin, bits) => origin + ((bits - first) / (last - first)) * (panel - 40)
  const colours = ['#8fb8de', '#6b9ac4', '#4a7dab', '#2f618f', '#1b4670', '#0b2c50']
  const logY = value => bottom - ((Math.log10(value) + 4) / 10) * (bottom - top)
  const shareY = share => bottom - share * (bottom - top)
  const round = number => Number(number.toFixed(1))
  const curve = (origin, y) => (exponent, index) => {
    const points = []
    for (let bits = first; bits <= last; bits += 0.25) {
      const at = y(10 ** exponent, bits)
      if (at <= bottom + 0.1 && at >= top - 0.1) points.push(`${round(x(origin, bits))},${round(at)}`)
    }
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colours[index]}" stroke-width="2"/>`
  }
  const label = (tx, ty, content, anchor = 'middle', more = '') =>
    `<text x="${round(tx)}" y="${round(ty)}" text-anchor="${anchor}"${more}>${content}</text>`
  const power = exponent => `10<tspan dy="-5" font-size="9">${exponent}</tspan>`
  const axes = (origin, title) => [
    `<rect x="${origin}" y="${top}" width="${panel - 40}" height="${bottom - top}" fill="none" stroke="#888"/>`,
    label(origin, top - 14, title, 'start', ' font-weight="bold"'),
    ...[8, 16, 24, 32, 40].map(bits => label(x(origin, bits), bottom + 17, bits)),
    label(origin + (panel - 40) / 2, bottom + 36, 'bits of a token'),
  ]
  const right = left + panel + 48
  const grid = (origin, y) =>
    `<line x1="${origin}" x2="${origin + panel - 40}" y1="${round(y)}" y2="${round(y)}" stroke="#ddd"/>`
  const exponents = [-4, -2, 0, 2, 4, 6]
  const shares = [0, 0.25, 0.5, 0.75, 1]
  const parts = [
    ...exponents.map(exponent => grid(left, logY(10 ** exponent))),
    ...exponents.map(exponent => label(left - 8, logY(10 ** exponent) + 4, power(exponent), 'end')),
    ...axes(left, 'false positives of a search'),
    ...VALUES.map(curve(left, (n, bits) => logY(others(n, bits)))),
    ...shares.map(share => grid(right, shareY(share))),
    ...shares.map(share => label(right - 8, shareY(share) + 4, `${share * 100} %`, 'end')),
    ...axes(right, 'values that share their token'),
    ...VALUES.map(curve(right, (n, bits) => shareY(shared(n, bits)))),
    ...VALUES.map((exponent, index) => {
      const y = top + 16 + index * 18
      const from = right + panel - 30
      return `<line x1="${from}" x2="${from + 16}" y1="${y - 4}" y2="${y - 4}" stroke="${colours[index]}" stroke-width="2"/>${label(from + 22, y, power(exponent), 'start')}`
    }),
    label(right + panel - 30, top - 2, 'values', 'start'),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="False positives of a search, and the share of values that share their token, by the bits of a token, for a thousand to a hundred million different values" font-family="sans-serif" font-size="12" fill="#222">
<rect width="${width}" height="${height}" fill="#fff"/>
${parts.join('\n')}
</svg>
`
}
