/** Random items of one table each, with what is done with their attributes: the same for the same seed. */
export function randomCases(seed, count) {
  const random = numbersOf(seed)
  return Array.from({ length: count }, () => randomCase(random))
}

const NAMESPACE = 'dynaseal.interop'
const ALPHABET = [...'abcXYZ019 .-#:$_/"\\éßΩж中字｡ﬀ𐀂😀']

function randomCase({ below, pick, text, hex }) {
  const bytes = () => ({ B: Buffer.from(hex(below(24)), 'hex').toString('base64') })
  const number = () => {
    const digits = String(1 + below(9)) + Array.from({ length: below(36) }, () => below(10)).join('')
    return `${pick(['', '-'])}${digits}${pick(['', '.50', `E${below(80)}`, `E-${below(120)}`])}`
  }
  const distinct = (make, same = value => value) => {
    const values = Array.from({ length: 1 + below(4) }, make)
    return [...new Map(values.map(value => [same(value), value])).values()]
  }
  const value = depth => {
    const scalars = [
      () => ({ S: text(below(20)) }),
      () => ({ N: number() }),
      bytes,
      () => ({ BOOL: below(2) === 1 }),
      () => ({ NULL: true }),
      () => ({ SS: distinct(() => text(1 + below(6))) }),
      () => ({ NS: distinct(() => String(below(1000) - 500)) }),
      () => ({ BS: distinct(bytes, ({ B }) => B).map(({ B }) => B) }),
    ]
    const containers = [
      () => ({ L: Array.from({ length: below(4) }, () => value(depth + 1)) }),
      () => ({
        M: Object.fromEntries(Array.from({ length: below(4) }, () => [text(1 + below(5)), value(depth + 1)])),
      }),
    ]
    return pick(depth < 4 ? [...scalars, ...containers] : scalars)()
  }
  const inContext = below(3) === 0
  const keyAction = inContext ? 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' : 'SIGN_ONLY'
  const keyValue = () => pick([() => ({ S: text(1 + below(10)) }), () => ({ N: number() }), bytes])()
  const item = { pk: keyValue() }
  const attributeActionsOnEncrypt = { pk: keyAction }
  const sortKeyName = below(2) === 0 ? `s${text(below(5))}` : undefined
  if (sortKeyName !== undefined) {
    item[sortKeyName] = keyValue()
    attributeActionsOnEncrypt[sortKeyName] = keyAction
  }
  const allowedUnsignedAttributes = []
  for (let left = below(10); left > 0; left--) {
    const name = `a${text(below(8))}`
    if (Object.hasOwn(item, name)) continue
    const action = pick([
      'ENCRYPT_AND_SIGN',
      'ENCRYPT_AND_SIGN',
      'SIGN_ONLY',
      'DO_NOTHING',
      ...(inContext ? [keyAction] : []),
    ])
    item[name] = value(1)
    attributeActionsOnEncrypt[name] = action
    if (action === 'DO_NOTHING') allowedUnsignedAttributes.push(name)
  }
  const aes = Array.from({ length: 1 + below(3) }, (_, index) => ({
    namespace: NAMESPACE,
    name: `key-${index}-${text(below(4))}`,
    key: hex(32),
  }))
  const config = {
    logicalTableName: `t${text(below(8))}`,
    partitionKeyName: 'pk',
    ...(sortKeyName === undefined ? {} : { sortKeyName }),
    attributeActionsOnEncrypt,
    ...(allowedUnsignedAttributes.length === 0 ? {} : { allowedUnsignedAttributes }),
    algorithmSuite: pick(['0x6700', '0x6701']),
    keyring: { aes },
  }
  return { config, item }
}

/** mulberry32 */
function numbersOf(seed) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = limit => next() % limit
  const pick = values => values[below(values.length)]
  const text = length => Array.from({ length }, () => pick(ALPHABET)).join('')
  const hex = length => Array.from({ length }, () => below(256).toString(16).padStart(2, '0')).join('')
  return { below, pick, text, hex }
}
