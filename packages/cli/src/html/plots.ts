import { count, duration } from '../output/numbers.js'
import { type Html, html } from './html.js'
import type { Point } from './timeline.js'

/** A class of the page's style, which has a colour in light and in dark. */
export type Colour = 'clear' | 'format1' | 'format2' | 'item' | 'failed' | 'same'

export interface Part {
  readonly name: string
  readonly value: number
  readonly colour: Colour
}

export interface Bar {
  readonly name: string
  readonly parts: readonly Part[]
}

const WIDTH = 880
const LABELS = 250
const NUMBERS = 110
const ROW = 26
const LEGEND = 30
/** What a name may take of its column. */
const MAX_NAME = 31

/** Bars of one scale, each of its parts one after the other. */
export function bars(label: string, all: readonly Bar[]): Html {
  const total = ({ parts }: Bar) => parts.reduce((sum, { value }) => sum + value, 0)
  const most = Math.max(1, ...all.map(total))
  const scale = (WIDTH - LABELS - NUMBERS) / most
  const legend = [...new Map(all.flatMap(({ parts }) => parts.map(part => [part.name, part])))]
  const height = LEGEND + all.length * ROW
  return html`<svg role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${height}">
${legend.map(
  ([name, { colour }], i) =>
    html`<rect class="${colour}" x="${LABELS + i * 120}" y="4" width="12" height="12"/><text x="${LABELS + i * 120 + 18}" y="15">${name}</text>\n`,
)}
${all.map((bar, i) => {
  const y = LEGEND + i * ROW
  let x = LABELS
  const drawn = bar.parts.map(({ name, value, colour }) => {
    const width = value * scale
    const rect = html`<rect class="${colour}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="18"><title>${bar.name}: ${name} ${count(value)}</title></rect>`
    x += width
    return rect
  })
  return html`<text x="${LABELS - 10}" y="${y + 14}" text-anchor="end">${shortened(bar.name)}</text>${drawn}<text class="soft" x="${(x + 8).toFixed(1)}" y="${y + 14}">${count(total(bar))}</text>\n`
})}</svg>
`
}

function shortened(name: string): string {
  const characters = [...name]
  return characters.length <= MAX_NAME ? name : `${characters.slice(0, MAX_NAME - 1).join('')}…`
}

const HEIGHT = 220
const PLOT = { left: 90, right: WIDTH - 20, top: 10, bottom: HEIGHT - 30 }

/** Items by seconds. */
export function curve(points: readonly Point[]): Html {
  const last = points.at(-1)
  const [seconds, items] = [Math.max(0.001, last?.seconds ?? 0), Math.max(1, last?.items ?? 0)]
  const x = (point: Point) => PLOT.left + (point.seconds / seconds) * (PLOT.right - PLOT.left)
  const y = (point: Point) => PLOT.bottom - (point.items / items) * (PLOT.bottom - PLOT.top)
  const line = points.map(point => `${x(point).toFixed(1)},${y(point).toFixed(1)}`).join(' ')
  return html`<svg role="img" aria-label="Items by time" viewBox="0 0 ${WIDTH} ${HEIGHT}">
<line class="axis" x1="${PLOT.left}" y1="${PLOT.bottom}" x2="${PLOT.right}" y2="${PLOT.bottom}"/>
<line class="axis" x1="${PLOT.left}" y1="${PLOT.top}" x2="${PLOT.left}" y2="${PLOT.bottom}"/>
<text class="soft" x="${PLOT.left - 8}" y="${PLOT.top + 10}" text-anchor="end">${count(items)}</text>
<text class="soft" x="${PLOT.left - 8}" y="${PLOT.bottom}" text-anchor="end">0</text>
<text class="soft" x="${PLOT.right}" y="${HEIGHT - 10}" text-anchor="end">${duration(seconds)}</text>
<polyline class="curve" points="${line}"/>
</svg>
`
}
