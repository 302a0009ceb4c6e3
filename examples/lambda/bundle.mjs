// What Lambda is given: of each function one file of each kind, to deploy either. Its runtime has the AWS SDK.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const path = name => fileURLToPath(new URL(name, import.meta.url))

for (const [format, extension] of [
  ['esm', '.mjs'],
  ['cjs', '.cjs'],
])
  await build({
    entryPoints: [path('src/handler.ts'), path('src/stream.ts')],
    outdir: path(`dist/${format}`),
    outExtension: { '.js': extension },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format,
    // Core can read through the AWS Encryption SDK where that is installed, as it is in this repository; nothing here asks for it.
    external: ['@aws-sdk/*', '@aws-crypto/client-node'],
    logLevel: 'warning',
  })
