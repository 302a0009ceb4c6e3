import { FIELD_BYTES, FIELDS } from './cliWorld.mjs'
import { machineLine, table, targets } from './markdown.mjs'

const LEAST = 0.9
/** Of what a table of more items may take, by that of the fewest. */
const FLAT = 1.25
const KMS_CALLS = 9

/** The results as a page of Markdown, and the targets that are missed. */
export function report({ machine, engine, items, readItems, rounds, rate, ratios, memory }, million) {
  const runs = [...memory, ...(million?.memory ?? [])]
  const rows = [...ratioTargets(ratios), ...memoryTargets(runs)]
  const text = `${[
    '# What long work takes',
    '',
    'Written by `npx --yes pnpm@12 bench:cli`: `dynaseal backfill` beside a plain parallel scan whose items are put back, each under the',
    'condition that its fields are those that were read; and `dynaseal scan` beside a plain parallel scan of the same sealed items. In turns, in one',
    `process; the local cloud, on ${engine}, in another. ${count(items)} items of ${FIELDS.length} fields of ${FIELD_BYTES} characters, all encrypted, or one; ${count(readItems)} where they are only`,
    `read, which is several pages for each segment. Four segments, and 32 writes under way at once, on both sides. Medians of ${rounds} rounds; a ratio is the median of those of each round, and the processor's time is that of the process that works.`,
    '',
    machineLine(machine),
    '',
    ...table(
      ['work', 'µs an item', 'items a second', "processor's time, µs an item"],
      Object.entries(rate).map(([name, { ms, cpu }]) => [
        name,
        micros(ms),
        count(Math.round(1000 / ms)),
        micros(cpu),
      ]),
    ),
    '',
    ...table(
      ['ours', 'plain', 'rate', "rate by processor's time"],
      ratios.map(({ ours, plain, ratio, cpu }) => [ours, plain, ratio.toFixed(2), cpu.toFixed(2)]),
    ),
    '',
    'What a backfill does more is to seal, and to send the ciphertext and the envelope in an update whose condition has the old values, where the put sends the item and the old values. A scan',
    'counts, and opens each field; with `--no-open` it only counts. Both read the items of an answer themselves, where the plain side lets the AWS SDK do it ([why](../../docs/decisions/scans-read-their-items.md)): so a scan that opens nothing may take',
    'less time than a plain one. What a scan that opens takes more is decryption, most of it in Node.js and OpenSSL: `ciphers alone` are as many decryptions of one and the same field as an item has fields, with nothing around',
    'them. While a page is opened, the engine makes the next: so a scan that opens comes nearer to a plain one by the clock than by the time of its own processor. Client and cloud share the processors, with whatever else runs',
    'there: see the load average.',
    '',
    '## Memory',
    '',
    'Each run in a process of its own. Live is what is left after a garbage collection, the most of some twenty in a run; the peak is the largest resident set.',
    'dynoxide has no index of segments: for each page of one of several, it goes over all items of the table, so that such a page takes the longer the more of them there are. With a',
    'single segment it reads on from a key. DynamoDB does so with any number of segments.',
    '',
    ...table(
      ['work', 'segments', 'items', 'seconds', 'items a second', 'live, MB', 'peak, MB', 'calls to KMS'],
      runs.map(run => [
        run.task,
        run.segments,
        count(run.items),
        run.seconds.toFixed(0),
        count(Math.round(run.items / run.seconds)),
        megabytes(live(run)),
        megabytes(run.peak),
        run.kmsCalls,
      ]),
    ),
    '',
    ...ofMillion(million),
    ...targets(rows),
  ].join('\n')}\n`
  return { text, missed: rows.filter(({ held }) => !held).map(({ name }) => name) }
}

function ratioTargets(ratios) {
  return ratios.map(({ ours, plain, ratio }) => ({
    name: `${ours}, against ${plain}`,
    target: `at least ${LEAST} times the rate`,
    measured: `${ratio.toFixed(2)} times`,
    held: ratio >= LEAST,
  }))
}

function memoryTargets(runs) {
  const tasks = [...new Set(runs.map(({ task, segments }) => `${task}, ${segmentsOf(segments)}`))]
  return tasks.flatMap(name => {
    const own = runs.filter(({ task, segments }) => `${task}, ${segmentsOf(segments)}` === name)
    // From ten thousand to a hundred thousand caches fill, and no more after that.
    const [least, most] = [live(own[0]), live(own.at(-1))]
    const calls = Math.max(...own.map(({ kmsCalls }) => kmsCalls))
    return [
      {
        name: `live memory of ${name}, ${count(own.at(-1).items)} items against ${count(own[0].items)}`,
        target: `at most ${FLAT} times`,
        measured: `${(most / least).toFixed(2)} times`,
        held: most / least <= FLAT,
      },
      {
        name: `calls to KMS of ${name}`,
        target: `at most ${KMS_CALLS}`,
        measured: String(calls),
        held: calls <= KMS_CALLS,
      },
    ]
  })
}

/** Its log. */
function ofMillion(million) {
  if (million === undefined) return []
  return [
    '## A million items',
    '',
    `Once, with ${segmentsOf(million.memory[0].segments)}. A data key is used for five minutes, so that calls to KMS grow with the time that the work takes, and not with the items.`,
    ...(million.memory.some(({ task }) => task === 'scan')
      ? []
      : ['A scan of as many was not taken to its end: with four segments, that takes this engine too long.']),
    '',
    machineLine(million.machine),
    '',
    ...million.memory.flatMap(({ task, log }) => [
      ...table(
        [task, 'seconds', 'items a second since', 'live, MB', 'resident, MB'],
        log.map(({ done, seconds, live, rss }, i) => [
          count(done),
          seconds.toFixed(0),
          count(Math.round((done - (log[i - 1]?.done ?? 0)) / (seconds - (log[i - 1]?.seconds ?? 0)))),
          megabytes(live),
          megabytes(rss),
        ]),
      ),
      '',
    ]),
  ]
}

const live = ({ log }) => Math.max(...log.map(sample => sample.live))
const megabytes = bytes => (bytes / 2 ** 20).toFixed(0)
const micros = milliseconds => (milliseconds * 1000).toFixed(0)
const count = number => number.toLocaleString('en-US')
const segmentsOf = number => (number === 1 ? 'one segment' : `${number} segments`)
