/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | readonly Html[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** HTML, in which whatever is not HTML already is escaped: names and keys are what somebody wrote into a table. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const all = texts.map((text, i) => text + (i < parts.length ? written(parts[i]!) : ''))
  return new Html(all.join(''))
}

function written(part: Part): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(({ text }) => text).join('')
  return String(part).replaceAll(/[&<>"']/g, character => ESCAPES[character]!)
}
