import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { CHECKS } from '../../src/doctor/checks.js'

it('the README has each finding, as the code has it', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [, section = ''] = /^## Checking[^\n]*\n(.*?)^## /ms.exec(readme) ?? []
  const rows = [...section.matchAll(/^\| `([\w-]+)` \| (\w+) \| (.*) \|$/gm)].map(([, ...row]) => row)
  expect(rows).toEqual(CHECKS.map(({ code, severity, finds }) => [code, severity, finds]))
})
