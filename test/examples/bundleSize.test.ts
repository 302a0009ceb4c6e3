// What a bundle of an application has in it that uses dynamodb-toolbox and an MrkKeyring.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { bundle } from '../bench/lambda/bundle.mjs'

const FORMATS = ['esm', 'cjs'] as const
/** The target of test/bench/lambda.md, which says what takes the room. */
const MOST_KB = 150

const folder = mkdtempSync(join(tmpdir(), 'dynaseal-size-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each(FORMATS)('is no more than it may be, and nothing of the AWS Encryption SDK: %s', async format => {
  const [plain, sealed] = await Promise.all(
    ['plain', 'sealed'].map(name => bundle(`${name}.mjs`, format, join(folder, `${name}.${format}`))),
  )
  expect((sealed!.bytes - plain!.bytes) / 1000).toBeLessThan(MOST_KB)
  expect(Object.keys(sealed!.packages).sort()).toEqual([
    '@dynaseal/core',
    '@dynaseal/document-client',
    '@dynaseal/mrk-keyring',
    '@dynaseal/toolbox',
    'dynamodb-toolbox',
    'the function',
  ])
})

test.each(FORMATS)('of the example are no more either, which has one keyring: %s', async format => {
  const file = '../../../examples/lambda/src/handler.ts'
  const { packages }: { packages: Record<string, number> } = await bundle(
    file,
    format,
    join(folder, `handler.${format}`),
  )
  const own = Object.entries(packages).filter(([name]) => name.startsWith('@dynaseal/'))
  expect(own.map(([name]) => name)).not.toContain('@dynaseal/branch-keyring')
  expect(own.reduce((sum, [, bytes]) => sum + bytes, 0) / 1000).toBeLessThan(MOST_KB)
})

describe.each(FORMATS)('materials of the AWS Encryption SDK in a bundle, %s', format => {
  const programs = {
    'a keyring that speaks nothing else': `
      import { createFormat } from '@dynaseal/core'
      const keyring = { onEncrypt: async material => material, onDecrypt: async material => material }
      const item = { table: 'a', key: { id: { S: '1' } }, fields: [{ path: ['x'], value: { S: 'x' } }] }
      createFormat({ keyring }).seal([item]).catch(({ cause }) => console.log(cause.message))`,
    'a keyring that is called with them': `
      import { MrkKeyring } from '@dynaseal/mrk-keyring'
      const keyArns = ['arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab']
      new MrkKeyring({ keyArns, regions: ['us-east-1'], region: 'us-east-1' }).onEncrypt({}).catch(({ message }) => console.log(message))`,
  }
  test.each([
    ['a keyring that speaks nothing else', '@dynaseal/core/materials', 'The keyring returned no data key.'],
    [
      'a keyring that is called with them',
      '@dynaseal/mrk-keyring/materials',
      'Unsupported type of material.',
    ],
  ] as const)('%s', async (what, entry, withThem) => {
    const without = await outputOf(programs[what], format)
    expect(without).toContain('@aws-crypto/material-management could not be loaded')
    expect(without).toContain(`import '${entry}'`)
    expect(await outputOf(`import '${entry}'\n${programs[what]}`, format)).toContain(withThem)
  })
})

/** Of a bundle that is run where nothing is installed, and no environment says where something is. */
async function outputOf(contents: string, format: (typeof FORMATS)[number]): Promise<string> {
  const file = join(folder, `program.${format === 'esm' ? 'mjs' : 'cjs'}`)
  const resolveDir = fileURLToPath(new URL('.', import.meta.url))
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    platform: 'node',
    format,
    mainFields: ['module', 'main'],
    external: ['@aws-crypto/client-node'],
    tsconfigRaw: {},
    // The AWS Encryption SDK requires Node's modules.
    ...(format === 'esm'
      ? {
          banner: {
            js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)",
          },
        }
      : {}),
    write: false,
    logLevel: 'error',
  })
  writeFileSync(file, outputFiles[0]!.contents)
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env: {} })
  return stdout
}
