import { arrivals } from './keyringLoad.mjs'
import { NEAREST } from './keyringWorld.mjs'

const LOST_AT = 3_000
const HEALED_AT = 8_000
const DURATION = 12_000
const EVERY = 60

const CURVES = [
  ['strict', 'stock strict keyrings, in turn', '#c2410c'],
  ['discovery', 'stock discovery keyrings, in turn', '#a16207'],
  ['ours', '@dynaseal/mrk-keyring', '#1d4ed8'],
]

/** Decrypts all the time while the nearest region hangs for a while. */
export async function measureTimeline(world) {
  const { decrypt, prepare } = world.contestants()
  await prepare()
  let phase = 'before'
  const onPhase = now => {
    if (phase === 'before' && now >= LOST_AT) {
      phase = 'lost'
      void world.cloud.fault('loss', { region: NEAREST, kind: 'hang' })
    }
    if (phase === 'lost' && now >= HEALED_AT) {
      phase = 'after'
      void world.cloud.heal('loss')
    }
  }
  const options = { every: EVERY, duration: DURATION, giveUp: DURATION }
  // Together, so that all see the same loss; one of them says when it happens.
  const done = await Promise.all(
    CURVES.map(([name]) => arrivals(decrypt[name], { ...options, ...(name === 'ours' ? { onPhase } : {}) })),
  )
  return Object.fromEntries(CURVES.map(([name], i) => [name, done[i]]))
}

const WIDTH = 860
const HEIGHT = 400
const LEFT = 64
const RIGHT = 16
const TOP = 62
const BOTTOM = 44
const MIN_MS = 1
const MAX_MS = 10_000

const x = at => round(LEFT + (at / DURATION) * (WIDTH - LEFT - RIGHT))
const y = ms => {
  const share = Math.log(Math.min(MAX_MS, Math.max(MIN_MS, ms)) / MIN_MS) / Math.log(MAX_MS / MIN_MS)
  return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM))
}
const round = value => Math.round(value * 10) / 10

/** One dot per call: when it was made, and how long it took. */
export function drawTimeline(timeline) {
  const text = (px, py, content, more = '') => `<text x="${px}" y="${py}" ${more}>${content}</text>`
  const grid = [1, 10, 100, 1_000, 10_000].map(
    ms =>
      `<path d="M${LEFT} ${y(ms)}H${WIDTH - RIGHT}" stroke="#e5e7eb"/>` +
      text(LEFT - 8, y(ms) + 4, ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`, 'text-anchor="end"'),
  )
  const seconds = Array.from({ length: DURATION / 2_000 + 1 }, (_, i) => i * 2_000).map(at =>
    text(x(at), HEIGHT - BOTTOM + 20, `${at / 1_000} s`, 'text-anchor="middle"'),
  )
  const loss =
    `<rect x="${x(LOST_AT)}" y="${TOP}" width="${x(HEALED_AT) - x(LOST_AT)}" height="${HEIGHT - TOP - BOTTOM}" fill="#fef2f2"/>` +
    text(
      x((LOST_AT + HEALED_AT) / 2),
      TOP + 16,
      'the nearest region hangs',
      'text-anchor="middle" fill="#991b1b"',
    )
  const curves = CURVES.map(([name, , colour]) => {
    const dots = timeline[name].map(({ at, ms }) => `M${x(at)} ${y(ms)}h0`).join('')
    return `<path d="${dots}" stroke="${colour}" stroke-width="3.2" stroke-linecap="round" stroke-opacity="0.6" fill="none"/>`
  })
  const legend = CURVES.map(
    ([, label, colour], i) =>
      `<circle cx="${LEFT + 6 + i * 262}" cy="42" r="5" fill="${colour}"/>${text(LEFT + 18 + i * 262, 46, label)}`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" fill="#374151" role="img">`,
    '<title>Latency of decrypts before, while and after the nearest region hangs</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 22, 'How long each decrypt takes, by when it was called', 'font-size="15" font-weight="600"'),
    ...legend,
    loss,
    ...grid,
    ...seconds,
    ...curves,
    '</svg>',
    '',
  ].join('\n')
}
