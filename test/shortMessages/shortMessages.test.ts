// What a bundle with short messages says is, explained, what one without says; and nothing else differs.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explained } from '../../packages/cli/src/explained.js'
import { Codes, shortened } from '../../scripts/sentences.mjs'

interface Described {
  readonly name: string
  readonly message: string
  readonly reason?: string
  readonly more: object
  readonly cause?: Described
}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const sentences: Record<string, string> = JSON.parse(
  readFileSync(here('../../packages/cli/dist/sentences.json'), 'utf8'),
)
const folder = mkdtempSync(join(tmpdir(), 'dynaseal-short-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(['esm', 'cjs'] as const)('errors of a bundle, %s', format => {
  let full: Record<string, Described>
  let short: Record<string, Described>
  beforeAll(async () => {
    ;[full, short] = await Promise.all([errorsOf(format, []), errorsOf(format, ['dynaseal-short-messages'])])
  })

  test('explained, are those with full messages', () => {
    expect(Object.keys(full).length).toBeGreaterThan(20)
    for (const [what, error] of Object.entries(full)) expect(explain(short[what]!), what).toEqual(error)
  })

  test('are short, and have codes of sentences', () => {
    for (const [what, { message }] of Object.entries(short)) {
      expect(message, what).toMatch(/#[0-9a-z]{3}/)
      expect(message.length, what).toBeLessThan(full[what]!.message.length)
    }
  })

  test('say where, and of which attribute, as they do with full messages', () => {
    expect(short['a moved value']!.message).toMatch(
      /^Cannot open other of an item in table users \(key: id\): #\w{3,4}$/,
    )
    expect(short['a condition']!.message).toMatch(/^#\w{3,4}\(ConditionExpression\|email\|users\|=\|.*\)$/)
  })
})

describe('a module with short messages', () => {
  const short = (text: string) => {
    const codes = new Codes()
    const result = shortened(text, 'a.js', codes)
    codes.check()
    return { result, sentences: JSON.parse(JSON.stringify(codes)) as Record<string, string> }
  }

  test('has a code for a text and for a template, whose values stay', () => {
    const { result, sentences } = short(
      `throw new Error(\`The key \${key} of table \${\`\${table} of the account (\${id})\`} is not known here.\`, { cause: 'no cause' })
const REASONS = { missing: 'It is missing or not binary.' }`,
    )
    const codeOf = (sentence: string) => Object.keys(sentences).find(code => sentences[code] === sentence)
    const unknown = codeOf('The key {1} of table {2} is not known here.')
    const missing = codeOf('It is missing or not binary.')
    expect(result).toBe(
      `throw new Error(\`#${unknown}(\${key}|\${\`\${table} of the account (\${id})\`})\`, { cause: 'no cause' })
const REASONS = { missing: '#${missing}' }`,
    )
    expect(explained(`#${unknown}(a|b (c|d)): #${missing}`, sentences)).toBe(
      'The key a of table b (c|d) is not known here.: It is missing or not binary.',
    )
    // Where nobody can tell one value from the next.
    expect(explained(`#${unknown}(a|b|c) #none`, sentences)).toBe(
      'The key … of table … is not known here.(a|b|c) #none',
    )
  })

  test.each([
    ['a comparison', "if (message === 'The table is not known here.') retry()"],
    ['a choice', "switch (message) { case 'The table is not known here.': retry() }"],
    ['the name of a property', "const found = { 'The table is not known here.': 1 }"],
    ['a search in a text', "const found = message.startsWith('The table is not known here.')"],
    [
      'a search in a choice of texts',
      "const found = message.includes(one ? 'The table is not known here.' : '')",
    ],
    ['what is hashed', "const key = hash.update('The table is not known here.')"],
    ['an import', "import 'The table is not known here.'"],
    ['a variable that is compared', "const A = 'The table is not known here.'; const is = message === A"],
  ])('is not made where a sentence is more than said: %s', (_, text) => {
    expect(() => short(text)).toThrow(/is no message|is compared/)
  })

  test.each([
    [
      'an expression of DynamoDB',
      "const input = { KeyConditionExpression: '#id = :id AND begins_with(#type, :prefix)' }",
    ],
    ['a label', "const label = () => '[encrypted value: the table needs a document client]'"],
    ['what DynamoDB says', "throw new Failed({ message: 'The conditional request failed' })"],
    ['a few words', "throw new Error('it is of no type')"],
  ])('leaves %s', (_, text) => {
    expect(short(text)).toEqual({ result: text, sentences: {} })
  })
})

test('no two sentences have one code, also where the first characters are the same', () => {
  const codes = new Codes()
  const many = Array.from({ length: 5_000 }, (_, i) => `Sentence number ${i}.`)
  const made = many.map(sentence => codes.of(sentence))
  expect(new Set(made).size).toBe(many.length)
  expect(made.some(code => code.length > 3)).toBe(true)
  expect(many.map(sentence => codes.of(sentence))).toEqual(made)
})

function explain({ message, reason, cause, ...more }: Described): Described {
  return {
    ...more,
    message: explained(message, sentences),
    ...(reason !== undefined && { reason: explained(reason, sentences) }),
    ...(cause !== undefined && { cause: explain(cause) }),
  }
}

async function errorsOf(format: 'esm' | 'cjs', conditions: string[]): Promise<Record<string, Described>> {
  const outfile = join(folder, `${conditions.length}.${format === 'esm' ? 'mjs' : 'cjs'}`)
  await build({
    entryPoints: [here('errors.mjs')],
    outfile,
    bundle: true,
    platform: 'node',
    format,
    // Where one is named, esbuild leaves out the one that it has by itself.
    conditions: [...conditions, 'module'],
    external: ['@aws-crypto/*'],
    tsconfigRaw: {},
    ...(format === 'esm'
      ? {
          banner: {
            js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)",
          },
        }
      : {}),
    logLevel: 'error',
  })
  const { stdout } = await promisify(execFile)(process.execPath, [outfile], { env: {} })
  return JSON.parse(stdout)
}
