/** Text that is HTML already. Only `html` makes it, so that whatever else is shown is escaped. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a template takes: HTML as it is, text and numbers escaped, lists one after another, nothing for undefined. */
export type Content = Html | string | number | undefined | readonly Content[]

/** A template of HTML. Values stand between tags or in attributes that are quoted, nowhere else. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(strings.map((string, n) => string + rendered(values[n])).join(''))
}

function rendered(value: Content): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value))
  return value.map(rendered).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => entities[character] ?? '')
}
