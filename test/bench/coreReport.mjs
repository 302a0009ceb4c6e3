import { machineLine, table, targets } from './markdown.mjs'

/** The results as a page of Markdown. Each target is held or missed, and says so. */
export function report(results) {
  const { machine, speed, addedBytes, coldCalls, imports, memory, pauses } = results
  const at256 = speed.find(({ bytes }) => bytes === 256)
  const clientNodeImport = imports['client-node, without the AWS SDK']
  const rows = [
    atLeast(
      'seal 256 B, cached key, against client-node 0x0478 with its caching CMM',
      at256.clientNodeToPage.seal,
      14,
    ),
    atLeast('open 256 B, likewise', at256.clientNodeToPage.open, 16),
    atMost('seal 256 B against bare `node:crypto` AES-256-GCM', at256.pageToBare.seal, 3.2, 'times as long'),
    atMost('open 256 B, likewise', at256.pageToBare.open, 4.5, 'times as long'),
    // 402, the context with its length for the table name "Customers", and 35.
    atMost('bytes added to a field, one KMS key, table name of 9 bytes', addedBytes, 402 + 31 + 35, 'B'),
    atMost('KMS calls of 1,000 parallel cold seals', coldCalls.ours.seal, 1, ''),
    atMost('KMS calls of 1,000 parallel cold opens of one data key', coldCalls.ours.open, 1, ''),
    atMost(
      'import of toolbox and core, without the AWS SDK, against client-node',
      imports['ours, without the AWS SDK'] / imports['client-node, all'],
      0.5,
      'times as long',
    ),
    atMost(
      'import of toolbox and core against client-node, both without the AWS SDK',
      imports['ours, without the AWS SDK'] / clientNodeImport,
      0.5,
      'times as long',
    ),
    atMost(
      'the same, once the application has loaded dynamodb-toolbox',
      imports['ours, without the AWS SDK and dynamodb-toolbox'] / clientNodeImport,
      0.5,
      'times as long',
    ),
    atMost('peak memory while a page of 1,000 items × 5 fields is opened', memory.times, 8, 'times the page'),
    atMost('longest pause of the event loop, 5,000 fields sealed', pauses.seal.medianLongestPause, 15, 'ms'),
    atMost('longest pause of the event loop, 5,000 fields opened', pauses.open.medianLongestPause, 15, 'ms'),
    atMost('cost of yielding while sealing', pauses.seal.cost * 100, 5, '%'),
    atMost('cost of yielding while opening', pauses.open.cost * 100, 5, '%'),
  ]
  return `${[
    '# What sealing and opening cost',
    '',
    'Written by `npx --yes pnpm@12 bench`. One process, one thread; all contestants take turns in each of 15 rounds; times are processor time,',
    'and times and ratios are medians over the rounds.',
    '',
    machineLine(machine),
    '',
    ...targets(rows),
    '',
    'The targets of speed are for fields of a page, 25 items of 4 fields in one call. The KMS is a stand-in in the',
    'same process, with a key ARN of 75 bytes and data keys of 184.',
    '',
    '## Processor time per field, in µs',
    '',
    ...speedTable(speed),
    '',
    '*Single* is a call for one field of one item: it has the promises, the location of the item and the look-up',
    'of the data key to itself. *Bare* is `createCipheriv` with a random IV and `Buffer.concat` of IV, ciphertext and',
    'tag, under a key that is just there: no key derivation, no commitment, no header, no location, no value types.',
    '*Suite* is what suite 0x0478 alone asks of `node:crypto`, three HMACs and two GCM tags for each message, with `createHmac`',
    'and nothing around them; we make our HMACs of one-shot hashes, which takes less. All begin with a string and end with',
    'one. Each has had its code compiled, and turns are of 1,600 fields, of client-node of 48.',
    '',
    '## Parallel cold callers',
    '',
    ...table(
      ['KMS calls of 1,000 callers', 'seal', 'open'],
      [
        ['Dynaseal', coldCalls.ours.seal, coldCalls.ours.open],
        ['client-node with its caching CMM', coldCalls.clientNode.seal, coldCalls.clientNode.open],
      ],
    ),
    '',
    '## Import',
    '',
    ...table(
      ['import in a fresh process', 'ms'],
      Object.entries(imports).map(([name, ms]) => [name, ms.toFixed(0)]),
    ),
    '',
    '*Ours* is `@dynaseal/toolbox` and `@dynaseal/core`, *client-node* is `@aws-crypto/client-node`. *Without the AWS',
    'SDK*: the process first imports `@aws-sdk/client-dynamodb`, `lib-dynamodb`, `util-dynamodb` and `client-kms`, and',
    'the clock starts then. The first target is that an application which has the SDK anyway gets ours in half the time of',
    'all that client-node loads. The second takes the SDK from client-node as well, and dynamodb-toolbox still counts as ours:',
    'its parser and formatter alone take about all that this target allows. The third leaves out what an application with',
    'entities has loaded ([why](../../docs/decisions/what-an-import-loads.md)).',
    '',
    '## Memory and pauses',
    '',
    `The page has ${megabytes(memory.pageBytes)} of messages, ${memory.items} items × ${memory.fields} fields of 32 bytes: the format adds ${addedBytes} bytes to each, so`,
    'that five thousand fields do not fit 1 MB. Opening it takes at most',
    `${megabytes(memory.peakBytes)} more than there was before: heap and external memory, what is returned and garbage included,`,
    'median of 7 runs, seen at each turn of the event loop.',
    '',
    ...table(
      [
        '5,000 fields of 256 B',
        'in all',
        'without yielding',
        'yielding costs',
        'in processor time',
        'longest pause, median of 15',
        'of it garbage collection',
        'longest pause, worst of 15',
      ],
      ['seal', 'open'].map(name => {
        const { total, withoutYields, cost, processorCost, longestPause, medianLongestPause, collecting } =
          pauses[name]
        return [
          name,
          ms(total),
          ms(withoutYields),
          `${(cost * 100).toFixed(1)} %`,
          `${(processorCost * 100).toFixed(1)} %`,
          ms(medianLongestPause),
          ms(collecting),
          ms(longestPause),
        ]
      }),
    ),
    '',
    `In processes of their own: medians of three. Times are by the clock, for one page of ${pauses.pages}, each with a turn of the event`,
    'loop behind it, as it has in an application that reads pages from a network. V8 does at a turn what is due of its collection',
    'of garbage. Without yielding: the clock that ends a slice of work stands still, and that turn is the only one.',
    'A slice is 5 ms, the target three of them. V8 collects young garbage when 16 MB of it are there, in one go, and each of',
    'the cipher objects that Node.js makes for a message (two) is freed in it.',
  ].join('\n')}\n`
}

function speedTable(speed) {
  const header = [
    'value',
    '',
    'page',
    'single',
    'bare',
    'suite',
    'client-node',
    'client-node ÷ page',
    '÷ single',
    'page ÷ suite',
    'page ÷ bare',
    'single ÷ bare',
  ]
  return table(
    header,
    speed.flatMap(
      ({ bytes, micros, clientNodeToPage, clientNodeToSingle, pageToSuite, pageToBare, singleToBare }) =>
        ['seal', 'open'].map(act => [
          `${bytes} B`,
          act,
          ...['page', 'single', 'bare', 'suite', 'clientNode'].map(who => micros[`${who}.${act}`].toFixed(1)),
          ...[clientNodeToPage, clientNodeToSingle, pageToSuite, pageToBare, singleToBare].map(ratio =>
            ratio[act].toFixed(1),
          ),
        ]),
    ),
  )
}

function atLeast(name, value, limit) {
  return {
    name,
    target: `at least ${limit} times faster`,
    measured: `${value.toFixed(1)} times`,
    held: value >= limit,
  }
}

function atMost(name, value, limit, unit) {
  const measured = Number.isInteger(value) ? value : value.toFixed(2)
  return {
    name,
    target: `at most ${limit} ${unit}`.trim(),
    measured: `${measured} ${unit}`.trim(),
    held: value <= limit,
  }
}

const megabytes = bytes => `${(bytes / 1e6).toFixed(1)} MB`
const ms = value => `${value.toFixed(1)} ms`
