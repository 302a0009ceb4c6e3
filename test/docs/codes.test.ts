import { expect, test } from 'vitest'
import { read } from './markdown.js'

test.each([
  ['DocumentClientErrorCode', 'packages/document-client/src/errors.ts', 'packages/toolbox/README.md'],
  ['FieldErrorCode', 'packages/core/src/errors.ts', 'packages/toolbox/README.md'],
  ['BranchKeyErrorCode', 'packages/branch-keyring/src/errors.ts', 'packages/branch-keyring/README.md'],
  ['SearchErrorCode', 'packages/core/src/errors.ts', 'packages/core/README.md'],
])('every %s is in the README', (name, source, readme) => {
  const page = read(readme)
  const [, union = ''] = new RegExp(`export type ${name} =([^=]*?)\\n\\n`).exec(read(source)) ?? []
  const codes = [...union.matchAll(/'([\w-]+)'/g)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(5)
  expect(codes.filter(code => !page.includes(`\`${code}\``))).toEqual([])
})
