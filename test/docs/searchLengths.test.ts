import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './markdown.js'

test('the numbers and the plot of docs/search.md are what their script writes', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'test/docs/searchLengths.mjs'), '--check'],
    { encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
