import { expect, test } from 'vitest'
import { read } from './markdown.js'

const README = read('packages/toolbox/README.md')

test.each([
  ['ToolboxErrorCode', 'packages/toolbox/src/errors.ts'],
  ['FieldErrorCode', 'packages/core/src/errors.ts'],
])('every %s is in the README', (name, source) => {
  const [, union = ''] = new RegExp(`export type ${name} =([^=]*?)\\n\\n`).exec(read(source)) ?? []
  const codes = [...union.matchAll(/'([\w-]+)'/g)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(9)
  expect(codes.filter(code => !README.includes(`\`${code}\``))).toEqual([])
})
