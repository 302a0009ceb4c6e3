import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { asRequired } from './test/support/asRequired.js'

const source = (name: string, file = 'index') =>
  fileURLToPath(new URL(`./packages/${name}/src/${file}.ts`, import.meta.url))

// As test/commonJs.mjs has it.
const commonJs = process.env.DYNASEAL_MODULES === 'commonjs'

export default defineConfig({
  plugins: commonJs ? [asRequired] : [],
  resolve: {
    // Tests read the sources, so that a failing line is the line one edits;
    // what `npm pack` ships is checked by test/packaging.
    alias: commonJs
      ? {}
      : {
          '@dynaseal/mrk-keyring/regional': source('mrk-keyring', 'regional'),
          '@dynaseal/mrk-keyring/slim': source('mrk-keyring', 'slim'),
          '@dynaseal/mrk-keyring': source('mrk-keyring'),
          '@dynaseal/branch-keyring': source('branch-keyring'),
          '@dynaseal/core/formats': source('core', 'formats'),
          '@dynaseal/core/parts': source('core', 'parts'),
          '@dynaseal/core': source('core'),
          '@dynaseal/document-client/arriving': source('document-client', 'arriving'),
          '@dynaseal/document-client/whole-items': source('document-client', 'wholeItems'),
          '@dynaseal/document-client/messages': source('document-client', 'messages'),
          '@dynaseal/document-client/search': source('document-client', 'search'),
          '@dynaseal/document-client/slim': source('document-client', 'slim'),
          '@dynaseal/document-client/mapper': source('document-client', 'mapper'),
          '@dynaseal/document-client': source('document-client'),
          '@dynaseal/db-esdk': source('db-esdk'),
          '@dynaseal/toolbox/arriving': source('toolbox', 'arriving'),
          '@dynaseal/toolbox/whole-items': source('toolbox', 'wholeItems'),
          '@dynaseal/toolbox/messages': source('toolbox', 'messages'),
          '@dynaseal/toolbox/search': source('toolbox', 'search'),
          '@dynaseal/toolbox/slim': source('toolbox', 'slim'),
          '@dynaseal/toolbox': source('toolbox'),
          '@dynaseal/cli/api': source('cli', 'api'),
          '@dynaseal/cli': source('cli'),
          '@dynaseal/local-cloud': source('local-cloud'),
        },
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // The AWS SDK's advice to use a newer Node, once per client, would bury what tests print.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
