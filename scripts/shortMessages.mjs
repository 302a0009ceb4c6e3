// Beside what scripts/bundle.mjs makes, the same modules with short messages in errors, for bundles that have to be small
// (docs/decisions/short-messages.md). They are for bundlers: one for each source, of which those are left out that nothing imports.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { replace } from './replace.mjs'
import { Codes, shortened } from './sentences.mjs'

/** What an application asks its bundler for, in the `exports` of packages. */
const CONDITION = 'dynaseal-short-messages'

const packages = fileURLToPath(new URL('../packages', import.meta.url))
const codes = new Codes()

for (const name of readdirSync(packages).sort()) {
  const folder = join(packages, name)
  if (readFileSync(join(folder, 'package.json'), 'utf8').includes(CONDITION)) await shorten(folder)
}
codes.check()
replace(join(packages, 'cli/dist/sentences.json'), Buffer.from(`${JSON.stringify(codes, null, 2)}\n`))

async function shorten(folder) {
  const source = join(folder, 'src')
  const short = join(folder, 'dist/short')
  const { outputFiles } = await build({
    entryPoints: readdirSync(source, { recursive: true })
      .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
      .sort()
      .map(file => join(source, file)),
    outbase: source,
    outdir: short,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // Of a sentence in several lines it makes one.
    minifySyntax: true,
    // Fields that are assigned anyway need not be declared.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    write: false,
    logLevel: 'warning',
  })
  const made = outputFiles.map(({ path, text }) => ({
    path,
    text: shortened(text, relative(packages, path), codes),
  }))
  const commonJs = readdirSync(join(folder, 'dist')).filter(file => file.endsWith('.cjs'))
  for (const file of commonJs)
    made.push({ path: join(short, file), text: readFileSync(join(folder, 'dist', file), 'utf8') })
  for (const { path, text } of made) {
    mkdirSync(dirname(path), { recursive: true })
    replace(path, Buffer.from(text))
  }
  const paths = new Set(made.map(({ path }) => path))
  for (const file of readdirSync(short, { recursive: true }).map(file => join(short, file)))
    if (/\.c?js$/.test(basename(file)) && !paths.has(file)) rmSync(file)
}
