import { machineLine, table, targets } from './markdown.mjs'

const FORMAT_1 = 'format 1'
const FORMATS = [
  ['envelope', 'format 2'],
  ['message', FORMAT_1],
]
const ACTS = ['seal', 'open']
const TIMES = 'times as long'

/** The results as a page of Markdown. Each target is held or missed, and says so. */
export function report(results) {
  const { machine, speed, added, coldCalls, imports, memory, pauses } = results
  const at256 = speed.find(({ bytes }) => bytes === 256)
  const clientNodeImport = imports['client-node, without the AWS SDK']
  const rows = [
    // Format 2.
    atMost('bytes added to a short field', added.short, 36, 'B'),
    atMost('envelope, one KMS key with an ARN of 75 bytes', added.envelope, 330, 'B'),
    atMost('bytes added to a full field, likewise', added.full, 370, 'B'),
    atMost(
      `bytes added to an item with ${added.item.fields} fields of ${added.item.fieldBytes} bytes, the envelope and its name included`,
      added.item.envelope,
      700,
      'B',
    ),
    ...speedTargets('', at256.envelope, {
      clientNode: { seal: 50, open: 50 },
      page: { seal: 1.3, open: 1.7 },
      single: { seal: 2, open: 2.5 },
    }),
    ...pageTargets('', 256, memory.envelope, 4, pauses.envelope),
    // Format 1. 402, the context with its length for the table name "Customers", and 35.
    atMost(`${FORMAT_1}: bytes added to a field, table name of 9 bytes`, added.message, 402 + 31 + 35, 'B'),
    ...speedTargets(`${FORMAT_1}: `, at256.message, {
      clientNode: { seal: 14, open: 16 },
      page: { seal: 3.2, open: 4.5 },
    }),
    ...pageTargets(`${FORMAT_1}: `, 32, memory.message, 8, pauses.message),
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
    'The targets without a format are for format 2, an envelope an item; format 1 is an AWS Encryption SDK message in each field. *Page*',
    'is fields of a page, 25 items of 4 fields in one call. The KMS is a stand-in in the same process, with a key ARN of 75',
    `bytes and data keys of 184. The item with ${added.item.fields} fields takes ${added.item.message} bytes more than in clear in format 1.`,
    '',
    '## Processor time per field, in µs',
    '',
    ...speedTable(speed),
    '',
    '*Single* is a call for one field of one item: it has the promises, the location and, in format 2, the key of the item, and the look-up',
    'of the data key to itself. *Bare* is `createCipheriv` with a random IV and `Buffer.concat` of IV, ciphertext and',
    'tag, under a key that is just there: no key derivation, no commitment, no header, no location, no value types.',
    '*Suite* is what suite 0x0478 alone asks of `node:crypto`, three HMACs and two GCM tags for each message, with `createHmac`',
    'and nothing around them; we make our HMACs of one-shot hashes, which takes less. All begin with a string and end with',
    'one. Each has had its code compiled, and turns are of 1,600 fields, of client-node of 48.',
    '',
    '## Ratios',
    '',
    ...ratioTable(speed),
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
    'What opening a page of 1,000 items × 5 fields takes at most beyond what there was before: heap and external memory, what is',
    'returned and garbage included, median of 7 runs, seen at each turn of the event loop.',
    '',
    ...table(
      ['', 'bytes of a value', 'page', 'peak', 'times the page'],
      [...FORMATS, ['bare', 'bare `node:crypto`']].map(([name, text]) => {
        const { fieldBytes, pageBytes, peakBytes, times } = memory[name]
        return [text, fieldBytes, megabytes(pageBytes), megabytes(peakBytes), times.toFixed(2)]
      }),
    ),
    '',
    'What bare AES-256-GCM takes is the least that Node.js does: a cipher object and two buffers for each field, which nothing collects before',
    'V8 has 16 MB of young garbage, and the value itself.',
    '',
    ...table(
      [
        '5,000 fields of 256 B',
        '',
        'in all',
        'without yielding',
        'yielding costs',
        'in processor time',
        'longest pause, median of 15',
        'of it garbage collection',
        'longest pause, worst of 15',
      ],
      FORMATS.flatMap(([name, text]) =>
        ACTS.map(act => {
          const { total, withoutYields, cost, processorCost, longestPause, medianLongestPause, collecting } =
            pauses[name][act]
          return [
            text,
            act,
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
    ),
    '',
    `In processes of their own: medians of three. Times are by the clock, for one page of ${pauses.envelope.pages}, each with a turn of the event`,
    'loop behind it, as it has in an application that reads pages from a network. V8 does at a turn what is due of its collection',
    'of garbage. Without yielding: the clock that ends a slice of work stands still, and that turn is the only one.',
    'A slice is 5 ms, the target three of them. V8 collects young garbage when 16 MB of it are there, in one go, and each of',
    'the cipher objects that Node.js makes for a field (one in format 2, two in format 1) is freed in it.',
  ].join('\n')}\n`
}

function speedTargets(of, { clientNodeToPage, pageToBare, singleToBare }, { clientNode, page, single }) {
  const bare = 'bare `node:crypto` AES-256-GCM'
  return [
    atLeast(
      `${of}seal 256 B, cached key, against client-node 0x0478 with its caching CMM`,
      clientNodeToPage.seal,
      clientNode.seal,
    ),
    atLeast(`${of}open 256 B, likewise`, clientNodeToPage.open, clientNode.open),
    atMost(`${of}seal 256 B, page, against ${bare}`, pageToBare.seal, page.seal, TIMES),
    atMost(`${of}open 256 B, page, likewise`, pageToBare.open, page.open, TIMES),
    ...(single === undefined
      ? []
      : [
          atMost(`${of}seal 256 B, one field of one item, likewise`, singleToBare.seal, single.seal, TIMES),
          atMost(`${of}open 256 B, one field of one item, likewise`, singleToBare.open, single.open, TIMES),
        ]),
  ]
}

function pageTargets(of, fieldBytes, memory, times, pauses) {
  return [
    atMost(
      `${of}peak memory while a page of 1,000 items × 5 fields of ${fieldBytes} B is opened`,
      memory.times,
      times,
      'times the page',
    ),
    ...ACTS.flatMap(act => [
      atMost(
        `${of}longest pause of the event loop, 5,000 fields, ${act}`,
        pauses[act].medianLongestPause,
        15,
        'ms',
      ),
      atMost(`${of}cost of yielding, ${act}`, pauses[act].cost * 100, 5, '%'),
    ]),
  ]
}

function speedTable(speed) {
  const contestants = FORMATS.flatMap(([name, text]) =>
    ['page', 'single'].map(size => [`${text}, ${size}`, `${name}.${size}`]),
  )
  const columns = [...contestants, ['bare', 'bare'], ['suite', 'suite'], ['client-node', 'clientNode']]
  return table(
    ['value', '', ...columns.map(([text]) => text)],
    speed.flatMap(({ bytes, micros }) =>
      ACTS.map(act => [
        `${bytes} B`,
        act,
        ...columns.map(([, contestant]) => micros[`${contestant}.${act}`].toFixed(1)),
      ]),
    ),
  )
}

function ratioTable(speed) {
  const columns = [
    ['page ÷ bare', 'pageToBare', 2],
    ['single ÷ bare', 'singleToBare', 2],
    ['client-node ÷ page', 'clientNodeToPage', 1],
    ['client-node ÷ single', 'clientNodeToSingle', 1],
    ['page ÷ suite', 'pageToSuite', 2],
  ]
  return table(
    ['value', '', '', ...columns.map(([text]) => text)],
    speed.flatMap(each =>
      FORMATS.flatMap(([name, text]) =>
        ACTS.map(act => [
          `${each.bytes} B`,
          text,
          act,
          ...columns.map(([, ratio, digits]) => each[name][ratio][act].toFixed(digits)),
        ]),
      ),
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
