import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * Makes a bundle of a function, minified, with the AWS SDK beside it.
 *
 * @param file seen from this folder
 * @param conditions of the `exports` of packages: short messages in errors, unless it says otherwise
 * @returns its bytes, and those of each package in it
 */
export async function bundle(file, format, outfile, conditions = ['dynaseal-short-messages']) {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    outfile,
    bundle: true,
    // Of examples/lambda, which has a bundle for each.
    define: { 'process.env.KEYRING': '"mrk"' },
    minify: true,
    platform: 'node',
    target: 'node20',
    format,
    // Where others are named, esbuild leaves out that one.
    conditions: [...conditions, 'module'],
    // Installed in this repository, and taken in where it is; no application has it that does not ask for it.
    external: ['@aws-sdk/*', '@aws-crypto/client-node'],
    metafile: true,
    // What is built, and not the sources that the repository's own settings point to.
    tsconfigRaw: {},
    logLevel: 'warning',
  })
  const [{ bytes, inputs }] = Object.values(metafile.outputs)
  const packages = {}
  for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
    const packageName = packageOf(file)
    packages[packageName] = (packages[packageName] ?? 0) + bytesInOutput
  }
  return { bytes, packages }
}

function packageOf(file) {
  const [, installed] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? []
  const [, own] = /^packages\/([^/]+)/.exec(file) ?? []
  return installed ?? (own === undefined ? 'the function' : `@dynaseal/${own}`)
}
