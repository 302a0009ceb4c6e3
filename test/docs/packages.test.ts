import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { links, prose, read, root } from './markdown.js'

const packages = readdirSync(join(root, 'packages'))
const manifest = (name: string) => JSON.parse(read(`packages/${name}/package.json`))

/** The files of what would be published, as npm reads the package's `files`. */
function packed(name: string): string[] {
  const options = { cwd: join(root, 'packages', name), encoding: 'utf8' } as const
  const [archive] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], options),
  )
  return archive.files.map(({ path }: { path: string }) => path)
}

test('all packages have the version that the change log is at', () => {
  const [, version] = /^## (\d+\.\d+\.\d+)/m.exec(read('CHANGELOG.md')) ?? []
  expect(packages.map(name => manifest(name).version)).toEqual(packages.map(() => version))
})

describe.each(packages)('%s', name => {
  const page = `packages/${name}/README.md`

  test('is in the change log, and says what it is', () => {
    const { name: published, description, keywords, license, engines } = manifest(name)
    expect(read('CHANGELOG.md')).toContain(`\`${published}\``)
    expect(description).toMatch(/\w/)
    expect(keywords.length).toBeGreaterThan(3)
    expect({ license, engines }).toEqual({ license: 'Apache-2.0', engines: { node: '>=20.19' } })
  })

  test('is published with its licence, and with all that its README links to', { timeout: 60_000 }, () => {
    const files = packed(name)
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md']))
    expect(read(`packages/${name}/LICENSE`)).toBe(read('LICENSE'))
    const missing = links(page)
      .map(({ target }) => target.split('#')[0] ?? '')
      .filter(target => target !== '' && !files.includes(target))
    expect(missing).toEqual([])
  })

  test('has classes that print their own names', async () => {
    const built = await import(join(root, 'packages', name, 'dist/index.js'))
    const classes = Object.entries(built).filter(([exported]) => /^[A-Z][a-z]/.test(exported))
    const names = classes.map(([, one]) => (one as { name: unknown }).name)
    expect(names).toEqual(classes.map(([exported]) => exported))
  })

  test('has a README that says how it is installed, with what it wants beside it', () => {
    const [, command = ''] = /^(?:\$ )?(npm install (?:\\\n|.)*)/m.exec(read(page)) ?? []
    const { name: published, peerDependencies = {}, peerDependenciesMeta = {} } = manifest(name)
    const wanted = Object.keys(peerDependencies).filter(peer => peerDependenciesMeta[peer]?.optional !== true)
    // The command goes where the application is, which has them.
    expect(command.split(/\s+/)).toEqual(
      expect.arrayContaining([published, ...(name === 'cli' ? [] : wanted)]),
    )
  })

  test('has a README that names only files that there are', () => {
    const named = [...prose(read(page)).matchAll(/`((?:docs|examples|packages|test)\/[^`\s]+)`/g)]
    const missing = named
      .map(([, path = '']) => path)
      .filter(path => !['', `packages/${name}`].some(folder => existsSync(join(root, folder, path))))
    expect(missing).toEqual([])
  })
})
