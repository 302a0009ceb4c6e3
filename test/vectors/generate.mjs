// Writes the vectors: `node test/vectors/generate.mjs`, or with --check says whether they are current.

import { readFileSync, writeFileSync } from 'node:fs'
import { changes } from './envelope/changes.mjs'
import { negatives as negativeItems } from './envelope/negatives.mjs'
import { positives as positiveItems } from './envelope/positives.mjs'
import { negatives } from './negatives.mjs'
import { positives } from './positives.mjs'
import { described as searchKeys } from './search/keys.mjs'
import {
  changes as changedSearchKey,
  searchKeys as refusedSearchKeys,
  values as refusedValues,
} from './search/negatives.mjs'
import { fits, members, misfits, tokens } from './search/positives.mjs'
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
  [
    'search/positive.json',
    { ...envelope, searchKeys: searchKeys(), tokens: tokens(), members: members(), fits: fits() },
  ],
  [
    'search/negative.json',
    {
      ...envelope,
      searchKeys: refusedSearchKeys(),
      changes: [changedSearchKey()],
      values: refusedValues(),
      misfits: misfits(),
    },
  ],
]) {
  const file = new URL(name, import.meta.url)
  const text = `${JSON.stringify(content, null, 1)}\n`
  if (!check) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${name} is not what generate.mjs writes.`)
    process.exitCode = 1
  }
}
