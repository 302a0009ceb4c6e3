// Writes the vectors: `node test/vectors/generate.mjs`, or with --check says whether they are current.

import { readFileSync, writeFileSync } from 'node:fs'
import { changes } from './envelope/changes.mjs'
import { negatives as negativeItems } from './envelope/negatives.mjs'
import { positives as positiveItems } from './envelope/positives.mjs'
import { negatives } from './negatives.mjs'
import { positives } from './positives.mjs'
import { WRAPPING_KEY } from './writer.mjs'

const head = description => ({
  description: `Vectors for docs/format.md, made by generate.mjs. ${description}`,
  wrappingKeys: WRAPPING_KEY.names.map(name => ({
    keyring: 'raw AES, 256 bits, 12-byte IV, 16-byte tag',
    namespace: WRAPPING_KEY.namespace,
    name,
    key: WRAPPING_KEY.key(name).toString('hex'),
  })),
})
const message = head('Binaries are base64, data keys hexadecimal.')
const envelope = head('Binaries in keys and values are base64, all other bytes hexadecimal.')

const check = process.argv.includes('--check')
for (const [name, content] of [
  ['positive.json', { ...message, vectors: positives() }],
  ['negative.json', { ...message, vectors: negatives() }],
  ['envelope/positive.json', { ...envelope, items: positiveItems() }],
  ['envelope/negative.json', { ...envelope, items: negativeItems(), changes: changes() }],
]) {
  const file = new URL(name, import.meta.url)
  const text = `${JSON.stringify(content, null, 1)}\n`
  if (!check) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${name} is not what generate.mjs writes.`)
    process.exitCode = 1
  }
}
