import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('its sources know no mapper', () => {
  const source = new URL('../src/', import.meta.url)
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.ts'),
  )
  expect(files.length).toBeGreaterThan(20)
  for (const file of files) {
    const imported = [...readFileSync(new URL(file, source), 'utf8').matchAll(/from '([^'.][^']*)'/g)]
    expect(imported.map(([, name]) => name).filter(name => /toolbox/.test(name ?? ''))).toEqual([])
  }
})
