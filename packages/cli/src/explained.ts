/** By their codes; {1} stands for the first value. */
export type Sentences = Readonly<Record<string, string>>

/**
 * Messages of errors in full, which have codes in the place of sentences: those of bundles with short messages
 * (`scripts/sentences.mjs` of the repository makes them). What is no code of a sentence stays as it is.
 */
export function explained(text: string, sentences: Sentences): string {
  let result = ''
  let position = 0
  for (const { index, 1: run } of text.matchAll(/#([0-9a-z]{3,})/g)) {
    // Inside of what has been explained already.
    if (index < position) continue
    const code = codeOf(run!, sentences)
    if (code === undefined) continue
    const sentence = sentences[code]!
    const { values, end } = valuesOf(text, index + 1 + code.length, sentence)
    result +=
      text.slice(position, index) +
      sentence.replaceAll(/\{(\d+)\}/g, (_, number) => explained(values[number - 1] ?? '…', sentences))
    position = end
  }
  return result + text.slice(position)
}

/** The longest, where one begins as another one is. */
function codeOf(run: string, sentences: Sentences): string | undefined {
  for (let length = run.length; length >= 3; length--) {
    const code = run.slice(0, length)
    if (Object.hasOwn(sentences, code)) return code
  }
  return undefined
}

/** What stands in brackets after a code: none where that are not as many values as the sentence has. */
function valuesOf(text: string, start: number, sentence: string): { values: string[]; end: number } {
  const wanted = sentence.match(/\{\d+\}/g)?.length ?? 0
  const values: string[] = []
  if (wanted > 0 && text[start] === '(') {
    let from = start + 1
    for (let at = from, depth = 0; at < text.length; at++) {
      const character = text[at]
      if (depth === 0 && (character === '|' || character === ')')) {
        values.push(text.slice(from, at))
        from = at + 1
        if (character === ')') break
      } else if (character === '(') depth++
      else if (character === ')') depth--
    }
    if (values.length === wanted) return { values, end: from }
  }
  return { values: [], end: start }
}
