import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { explained } from '../src/explained.js'
import { dynaseal } from './support/command.js'

const page = readFileSync(new URL('../../../docs/decisions/short-messages.md', import.meta.url), 'utf8')
const [, code, said] = /^\$ npx dynaseal explain (\w+)\n(.*?)^```/ms.exec(page)!

describe('dynaseal explain', () => {
  it('says what a code says, as the page about it shows', async () => {
    expect(await dynaseal(['explain', code!])).toEqual({ code: 0, out: said, note: '' })
    expect(await dynaseal(['explain', `#${code}`])).toEqual({ code: 0, out: said, note: '' })
  })

  it('takes a message in words, and a log on standard input', async () => {
    const message = `FieldError: Cannot open ssn of an item in table users (key: id): #${code}`
    const { out } = await dynaseal(['explain', ...message.split(' ')])
    expect(out.replaceAll('\n', ' ')).toBe(message.replace(`#${code}`, said!.replaceAll('\n', ' ')))
    const log = await dynaseal(['explain'], { input: `START\n${message}\nEND\n` })
    expect([log.code, log.out]).toEqual([0, `START\n${out}END\n`])
  })

  it('refuses what has no code of a sentence in it', async () => {
    for (const args of [['zzzzzz'], ['#toString is no code'], ['it is #1 of 3']]) {
      const { code: ending, out, note } = await dynaseal(['explain', ...args])
      expect([ending, out]).toEqual([2, ''])
      expect(note).toContain('No code of a short message is in it.')
    }
    expect((await dynaseal(['explain'])).code).toBe(2)
  })
})

describe('explained', () => {
  const sentences = { abcd: 'It is {1} of {2}.', abcde: 'All is well.', wxyz: 'Why: {1}' }

  it.each([
    ['#abcd(one|two)', 'It is one of two.'],
    ['a #abcd(one|two), b', 'a It is one of two., b'],
    ['#wxyz(#abcd(a|b (c|d)))', 'Why: It is a of b (c|d).'],
    ['#abcdef', 'All is well.f'],
    ['#abcd(|)', 'It is  of .'],
    ['#abcd({2}|b)', 'It is {2} of b.'],
    // Values that nobody can tell apart stay as they are.
    ['#abcd(a|b|c)', 'It is … of ….(a|b|c)'],
    ['#abcd(a', 'It is … of ….(a'],
    ['#abcd', 'It is … of ….'],
    ['#constructor #none ##', '#constructor #none ##'],
  ])('%s', (short, full) => {
    expect(explained(short, sentences)).toBe(full)
  })
})
