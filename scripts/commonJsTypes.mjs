// For a program that requires our ES modules, as Node can, TypeScript needs declarations in CommonJS files: only
// through those does it find the CommonJS types of dynamodb-toolbox, which to it are others than the ES module's.
// Each built .d.ts gets a .d.cts beside it that says the same.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../packages', import.meta.url))

for (const name of readdirSync(packages)) {
  const dist = join(packages, name, 'dist')
  for (const file of readdirSync(dist, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue
    const text = readFileSync(join(dist, file), 'utf8')
      .replace(/((?:from|import) ?\(?['"]\.{1,2}\/[^'"]*)\.js(['"])/g, '$1.cjs$2')
      .replace(/\n?\/\/# sourceMappingURL=.*/, '')
    writeFileSync(join(dist, file.replace(/\.d\.ts$/, '.d.cts')), text)
  }
}
