// What Lambda is given: of each function one file of each kind, with each keyring, to deploy one of them. Its runtime has the AWS SDK.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const path = name => fileURLToPath(new URL(name, import.meta.url))

for (const [format, extension] of [
  ['esm', '.mjs'],
  ['cjs', '.cjs'],
])
  for (const keyring of ['mrk', 'branch-keys'])
    await build({
      entryPoints: [path('src/handler.ts'), path('src/stream.ts')],
      outdir: path(`dist/${keyring}/${format}`),
      outExtension: { '.js': extension },
      bundle: true,
      // src/keyring.ts makes that one.
      define: { 'process.env.KEYRING': JSON.stringify(keyring) },
      minify: true,
      platform: 'node',
      target: 'node20',
      format,
      // A seventh less of Dynaseal: errors have codes in the place of sentences, which dynaseal explain knows. Where a condition is
      // named, esbuild leaves out its own one, module.
      conditions: ['dynaseal-short-messages', 'module'],
      // Core can read through the AWS Encryption SDK where that is installed, as it is in this repository; nothing here asks for it.
      external: ['@aws-sdk/*', '@aws-crypto/client-node'],
      logLevel: 'warning',
    })
