// What an application loads is one file for each entry of a package, and one for what its entries share: Node takes half
// a millisecond for each file more (docs/decisions/packages-are-few-files.md). TypeScript writes the declarations beside them.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { replace } from './replace.mjs'

const EACH_OTHER = 'each-other'
const packages = fileURLToPath(new URL('../packages', import.meta.url))

for (const name of readdirSync(packages)) {
  const folder = join(packages, name)
  const { compilerOptions } = JSON.parse(readFileSync(join(folder, 'tsconfig.json'), 'utf8'))
  if (compilerOptions.emitDeclarationOnly) await bundle(folder)
}

async function bundle(folder) {
  const source = join(folder, 'src')
  const outdir = join(folder, 'dist')
  const files = readdirSync(source)
  const commonJs = files.filter(file => /\.c[jt]s$/.test(file))
  const options = {
    outdir,
    absWorkingDir: folder,
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    // The sources are in the package.
    sourcesContent: false,
    write: false,
    logLevel: 'warning',
  }
  const entryPoints = entries(
    folder,
    commonJs.map(file => readFileSync(join(source, file), 'utf8')),
  )
  const modules = await build({
    ...options,
    entryPoints: entryPoints.map(({ path }) => path),
    bundle: true,
    splitting: true,
    // esbuild makes a file for each set of entries that share something: where each entry has all of the others, there is one.
    inject: [EACH_OTHER],
    plugins: [eachOther(entryPoints)],
    treeShaking: false,
    ignoreAnnotations: true,
    format: 'esm',
    packages: 'external',
    external: ['./*.cjs'],
  })
  const required = await build({
    ...options,
    entryPoints: commonJs.map(file => join(source, file)),
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
  })
  const made = [modules, required].flatMap(({ outputFiles }) => outputFiles)
  for (const { path, contents, text } of made)
    replace(path, path.endsWith('.js') ? Buffer.from(withOwnNames(text)) : contents)
  const paths = new Set(made.map(({ path }) => path))
  // But for what scripts/shortMessages.mjs makes, which cleans up after itself.
  const own = readdirSync(outdir, { recursive: true }).filter(file => !file.startsWith('short'))
  for (const file of own.map(file => join(outdir, file)))
    if ((/\.c?js(\.map)?$/.test(file) && !paths.has(file)) || isLeft(file)) rmSync(file, { force: true })
}

/**
 * esbuild writes `var SealError = class _SealError` where a class names itself, and Node prints that name of every error that
 * nobody catches. The blank keeps the columns of the source map.
 */
function withOwnNames(text) {
  const names = Array.from(text.matchAll(/^var \w+ = class _(\w+)/gm), ([, name]) => name)
  return names.length === 0 ? text : text.replace(new RegExp(`\\b_(${names.join('|')})\\b`, 'g'), ' $1')
}

/** What a build was about to put in its place when it was killed. */
function isLeft(file) {
  const [, pid] = /js(?:\.map)?\.(\d+)$/.exec(file) ?? []
  if (pid === undefined) return false
  try {
    return !process.kill(Number(pid), 0)
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

/** A module that imports all entries but those that are imported for what they do. */
function eachOther(entryPoints) {
  const all = entryPoints.filter(({ hasSideEffects }) => !hasSideEffects)
  return {
    name: EACH_OTHER,
    setup(building) {
      building.onResolve({ filter: /^each-other$/ }, () => ({ path: EACH_OTHER, namespace: EACH_OTHER }))
      building.onLoad({ filter: /.*/, namespace: EACH_OTHER }, () => ({
        contents: all.map(({ path }) => `import ${JSON.stringify(path)}`).join('\n'),
        resolveDir: '/',
      }))
    },
  }
}

/** The modules that a package exports, and those that its CommonJS files require. */
function entries(folder, commonJs) {
  const { exports, sideEffects } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const exported = Object.values(exports).flatMap(({ default: file }) => file?.replace('./dist/', '') ?? [])
  const required = commonJs.flatMap(text =>
    [...text.matchAll(/require\('\.\/([^']+\.js)'\)/g)].map(([, file]) => file),
  )
  return [...new Set([...exported, ...required])].map(file => ({
    path: join(folder, 'src', file.replace(/js$/, 'ts')),
    hasSideEffects: sideEffects !== false && sideEffects.includes(`./dist/${file}`),
  }))
}
