// What is sealed by the positive vectors of both formats.

export const b64 = hex => Buffer.from(hex, 'hex').toString('base64')
const nested = (depth, wrap) => (depth === 0 ? { NULL: true } : wrap(nested(depth - 1, wrap)))
const nines = '9'.repeat(38)

/** Name, value, and other spellings that must be sealed to the same content. */
export const values = [
  ['null', { NULL: true }],
  ['true', { BOOL: true }],
  ['false', { BOOL: false }],
  ['empty string', { S: '' }],
  ['ASCII string', { S: 'plain' }],
  ['non-ASCII string', { S: 'Zürich – 東京' }],
  ['astral string', { S: '🗝\ufe0f𐀂' }],
  ['string with a byte order mark and NUL', { S: '\ufeffa\u0000b' }],
  ['combining characters are not composed', { S: 'e\u0301' }],
  ['long string', { S: 'x'.repeat(5000) }],
  ['zero', { N: '0' }, [{ N: '-0' }, { N: '0.00' }, { N: '0E5' }]],
  ['integer', { N: '15' }, [{ N: '1.50E1' }, { N: '+015.0' }, { N: '1500e-2' }]],
  ['one', { N: '1' }, [{ N: '1.' }, { N: '+1' }, { N: `${'0'.repeat(60)}1` }, { N: '.1E+1' }]],
  ['fraction', { N: '-0.5' }, [{ N: '-.5' }, { N: '-5E-1' }, { N: '-0.50' }]],
  ['38 digits', { N: nines }, [{ N: `${nines}.0` }]],
  ['38 digits of a fraction', { N: `0.${nines}` }],
  ['largest number', { N: nines + '0'.repeat(88) }, [{ N: `9.${'9'.repeat(37)}E125` }]],
  ['smallest number', { N: `-${nines}${'0'.repeat(88)}` }, [{ N: `-9.${'9'.repeat(37)}E+125` }]],
  ['smallest magnitude', { N: `0.${'0'.repeat(129)}1` }, [{ N: '1E-130' }]],
  ['empty binary', { B: '' }],
  ['binary', { B: b64('00ff80') }],
  ['string set', { SS: ['', 'a', 'b'] }, [{ SS: ['b', '', 'a'] }, { SS: ['b', 'a', ''] }]],
  ['string set in UTF-16 order', { SS: ['𐀂', '\uff61'] }, [{ SS: ['\uff61', '𐀂'] }]],
  ['number set', { NS: ['-1', '10', '9'] }, [{ NS: ['9', '1e1', '-1.0'] }, { NS: ['10', '9', '-1'] }]],
  ['binary set', { BS: [b64('00'), b64('0001'), b64('ff')] }, [{ BS: [b64('ff'), b64('00'), b64('0001')] }]],
  ['binary set with an empty member', { BS: ['', b64('00')] }, [{ BS: [b64('00'), ''] }]],
  ['empty map', { M: {} }],
  ['map', { M: { a: { N: '1' }, b: { S: 'x' } } }, [{ M: { b: { S: 'x' }, a: { N: '1.0' } } }]],
  [
    'map in UTF-16 order',
    { M: { 𐀂: { NULL: true }, '\uff61': { NULL: true } } },
    [{ M: { '\uff61': { NULL: true }, 𐀂: { NULL: true } } }],
  ],
  ['map with a key __proto__', { M: JSON.parse('{"__proto__":{"S":"x"},"constructor":{"S":"y"}}') }],
  ['empty list', { L: [] }],
  [
    'list of every type',
    {
      L: [
        { NULL: true },
        { BOOL: true },
        { S: 's' },
        { N: '1' },
        { B: b64('01') },
        { SS: ['s'] },
        { NS: ['1'] },
        { BS: [b64('01')] },
        { M: { k: { S: 'v' } } },
        { L: [{ L: [] }] },
      ],
    },
  ],
  ['32 nested lists', nested(32, inner => ({ L: [inner] }))],
  ['32 nested maps', nested(32, inner => ({ M: { k: inner } }))],
  ['32 nested lists and maps', nested(16, inner => ({ L: [{ M: { k: inner } }] }))],
  [
    'the last code points of UTF-8 lengths',
    { S: '\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff𐀀\u{10ffff}' },
  ],
]
