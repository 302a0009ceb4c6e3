// Writes the vectors: `node test/vectors/generate.mjs`, or with --check says whether they are current.

import { readFileSync, writeFileSync } from 'node:fs'
import { negatives } from './negatives.mjs'
import { positives } from './positives.mjs'
import { WRAPPING_KEY } from './writer.mjs'

function render(vectors) {
  const head = {
    description:
      'Vectors for docs/format.md, made by generate.mjs. Binaries are base64, data keys hexadecimal.',
    wrappingKeys: WRAPPING_KEY.names.map(name => ({
      keyring: 'raw AES, 256 bits, 12-byte IV, 16-byte tag',
      namespace: WRAPPING_KEY.namespace,
      name,
      key: WRAPPING_KEY.key(name).toString('hex'),
    })),
  }
  return `${JSON.stringify({ ...head, vectors }, null, 1)}\n`
}

const check = process.argv.includes('--check')
for (const [name, vectors] of [
  ['positive.json', positives()],
  ['negative.json', negatives()],
]) {
  const file = new URL(name, import.meta.url)
  const text = render(vectors)
  if (!check) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${name} is not what generate.mjs writes.`)
    process.exitCode = 1
  }
}
