/** Numbers that lengths and counts go wrong at. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

/** The same numbers for the same seed (mulberry32): a failure can be had again. */
export function seededRandom(seed) {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** One to four changes. */
export function mutate(input, inputs, random) {
  let bytes = Buffer.from(input)
  for (let times = 1 + random(4); times > 0; times--) {
    bytes = MUTATIONS[random(MUTATIONS.length)](bytes, random, inputs)
  }
  return bytes
}

const MUTATIONS = [
  function flipBit(bytes, random) {
    if (bytes.length > 0) bytes[random(bytes.length)] ^= 1 << random(8)
    return bytes
  },
  function setByte(bytes, random) {
    if (bytes.length > 0) bytes[random(bytes.length)] = random(256)
    return bytes
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random(bytes.length + 1))
  },
  function remove(bytes, random) {
    const start = random(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + random(9))])
  },
  function insert(bytes, random) {
    const start = random(bytes.length + 1)
    const added = Buffer.from(Array.from({ length: random(9) }, () => random(256)))
    return Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start)])
  },
  function repeat(bytes, random) {
    const start = random(bytes.length + 1)
    const end = start + random(40)
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)])
  },
  function setLength(bytes, random) {
    const size = random(2) === 0 ? 2 : 4
    if (bytes.length < size) return bytes
    const edge = EDGES[random(EDGES.length)]
    bytes.writeUIntBE(size === 2 ? edge & 0xffff : edge, random(bytes.length - size + 1), size)
    return bytes
  },
  function splice(bytes, random, inputs) {
    const other = inputs[random(inputs.length)]
    return Buffer.concat([
      bytes.subarray(0, random(bytes.length + 1)),
      other.subarray(random(other.length + 1)),
    ])
  },
]
