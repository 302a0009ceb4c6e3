import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { buildPackage } from './build.js'

const packageFile = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

beforeAll(buildPackage)

it("the README's program runs and prints what the README says", async () => {
  const readme = await readFile(packageFile('README.md'), 'utf8')
  const program = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code).join('\n')
  // Inside the package, so that it imports the package by its name, as a reader does.
  const file = packageFile('.local-cloud/readme.mjs')
  await mkdir(packageFile('.local-cloud'), { recursive: true })
  await writeFile(file, program)
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  const promised = [...program.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, text = '']) =>
    text.replace('...', ''),
  )
  expect(promised.length).toBeGreaterThan(3)
  for (const text of promised) expect(stdout).toContain(text)
})
