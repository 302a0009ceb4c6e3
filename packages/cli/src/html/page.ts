import { type Html, html } from './html.js'

/** A page that needs nothing else, loads nothing and runs nothing; light or dark, as its reader has it. */
export function page(title: string, head: readonly string[], sections: readonly Html[]): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${head.map(text => html`<p>${text}</p>\n`)}
${sections}
</main>
</body>
</html>
`.text
}

export function section(title: string, ...content: readonly Html[]): Html {
  return html`<section>\n<h2>${title}</h2>\n${content}</section>\n`
}

/** @param numbers which columns have numbers, by their positions */
export function table(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): Html {
  const kind = (index: number) => (numbers.includes(index) ? 'number' : 'text')
  const cells = (row: readonly string[]) => row.map((cell, i) => html`<td class="${kind(i)}">${cell}</td>`)
  return html`<table>
<thead><tr>${columns.map((title, i) => html`<th class="${kind(i)}">${title}</th>`)}</tr></thead>
<tbody>
${rows.map(row => html`<tr>${cells(row)}</tr>\n`)}</tbody>
</table>
`
}

const STYLE = html`
:root { color-scheme: light dark; --text: #1b1f24; --soft: #5c6670; --line: #d5dbe1; --back: #ffffff;
  --clear: #b86e00; --format1: #7654c4; --format2: #1f6fd6; --item: #0d8270; --failed: #c62651; --same: #8b96a1; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ec; --soft: #9aa5b0; --line: #3a424b; --back: #15181c;
  --clear: #e8a33d; --format1: #a58bea; --format2: #5aa2f7; --item: #3fbfa9; --failed: #f0678b; --same: #79848f; } }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
p { margin: .25rem 0; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left; }
td.text { overflow-wrap: anywhere; } th, .number { white-space: nowrap; }
th { color: var(--soft); font-weight: 600; } td.number, th.number { text-align: right; }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--text); font: 13px system-ui, sans-serif; }
svg .soft { fill: var(--soft); } svg .axis { stroke: var(--line); }
.clear { fill: var(--clear); } .format1 { fill: var(--format1); } .format2 { fill: var(--format2); }
.item { fill: var(--item); } .failed { fill: var(--failed); } .same { fill: var(--same); }
.curve { fill: none; stroke: var(--format2); stroke-width: 2; }
`
