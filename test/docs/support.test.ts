import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { read, root } from './markdown.js'

const page = read('docs/support.md')
const row = (start: string) => page.split('\n').find(line => line.startsWith(`| ${start}`)) ?? ''
const manifests = [...readdirSync(join(root, 'packages')).map(name => `packages/${name}/`), ''].map(folder =>
  JSON.parse(read(`${folder}package.json`)),
)

test('it names the Node that the packages ask for, and those that are tested', () => {
  const majors = /MAJORS = \[([\d, ]+)\]/.exec(read('test/packaging/nodes.mjs'))?.[1]?.split(', ') ?? []
  expect(majors).toHaveLength(2)
  for (const { engines } of manifests) expect(row('Node.js')).toContain(engines.node.replace('>=', '≥ '))
  for (const major of majors) expect(row('Node.js')).toContain(major)
})

test('it names the versions of TypeScript that compile what is packed', () => {
  const older = [...read('test/packaging/run.mjs').matchAll(/typescript@~(\d+\.\d+)/g)].map(([, one]) => one)
  const newest = /^\d+\.\d+/.exec(manifests.at(-1).devDependencies.typescript)?.[0]
  expect(older).toHaveLength(2)
  for (const version of [...older, newest]) expect(row('TypeScript')).toContain(version)
})

test('it names the ranges of all peers', () => {
  const peers = manifests.flatMap(({ peerDependencies = {} }) => Object.entries<string>(peerDependencies))
  expect(peers.length).toBeGreaterThan(5)
  for (const [name, range] of peers) {
    const line = page.split('\n').find(text => text.startsWith('| ') && text.includes(name))
    expect(line, name).toContain(`\`${range}\``)
  }
})

test('it names the releases of the AWS Database Encryption SDK that the interop runs', () => {
  const line = row('items of the [AWS Database Encryption SDK')
  const java = /<artifactId>aws-database-encryption-sdk-dynamodb<\/artifactId>\s*<version>([\d.]+)</
  const rust = /aws-db-esdk = "=([\d.]+)"/
  for (const [file, pattern] of [
    ['test/interop/java/pom.xml', java],
    ['examples/java-reader/pom.xml', java],
    ['test/interop/rust/Cargo.toml', rust],
  ] as const)
    expect(line).toContain(pattern.exec(read(file))?.[1] ?? file)
})
