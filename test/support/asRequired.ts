import { createRequire } from 'node:module'
import type { Plugin } from 'vitest/config'

const file = new URL('../package.json', import.meta.url).pathname
const require = createRequire(file)
const REQUIRED = [
  '@dynaseal/core',
  '@dynaseal/mrk-keyring',
  '@dynaseal/document-client',
  '@dynaseal/toolbox',
  'dynamodb-toolbox',
]
const SDK = [
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-kms',
  '@aws-sdk/lib-dynamodb',
  '@aws-sdk/util-dynamodb',
]
const MARK = '\0required:'

/** Gives tests what `require()` gives to a CommonJS program: what was built, with its copy of dynamodb-toolbox. */
export const asRequired: Plugin = {
  name: 'as-required',
  enforce: 'pre',
  resolveId: id => ([...REQUIRED, ...SDK].includes(id) ? MARK + id : undefined),
  load(id) {
    if (!id.startsWith(MARK)) return undefined
    const name = JSON.stringify(id.slice(MARK.length))
    const exported = Object.keys(require(id.slice(MARK.length))).filter(key => /^[a-zA-Z$_][\w$]*$/.test(key))
    return [
      "import { createRequire } from 'node:module'",
      `const required = createRequire(${JSON.stringify(file)})(${name})`,
      ...exported.filter(key => key !== 'default').map(key => `export const ${key} = required.${key}`),
    ].join('\n')
  },
}
