// docs/testing.md is a program: its files are written out, and Jest, Vitest and esbuild do with them what the page says.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { check, run } from './checks.mjs'
import { devDependencies, install, root } from './consumer.mjs'

const TOOLS = {
  '@swc/core': '1.16.22',
  '@swc/jest': '0.2.39',
  'aws-sdk-client-mock': '4.1.0',
  esbuild: '0.28.2',
  jest: '30.5.2',
  vitest: devDependencies.vitest,
}
const page = readFileSync(join(root, 'docs/testing.md'), 'utf8')
const files = [...page.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```/gms)].map(([, name, text]) => [name, text])
const [, bundling] = /^```sh\nnpx (esbuild .*)\n```/m.exec(page)

export function checkTestingPage(folder, archives, engines) {
  const app = install(folder, 'highest', archives, TOOLS, 'tested')
  for (const [node, path] of engines) {
    const commonJs = write(app, 'commonJs', 'commonjs')
    check(`docs/testing.md, ${node}: Jest, CommonJS`, () => jest(path, [], commonJs))
    const modules = write(app, 'modules', 'module')
    const config = ['--config', 'jest.esm.config.mjs']
    check(`docs/testing.md, ${node}: Jest, ES modules`, () =>
      jest(path, config, modules, { NODE_OPTIONS: '--experimental-vm-modules' }),
    )
    check(`docs/testing.md, ${node}: Vitest`, () =>
      run(path, [join(app, 'node_modules/vitest/vitest.mjs'), 'run', '--silent'], modules),
    )
    check(`docs/testing.md, ${node}: a bundle for Lambda, as an ES module and as CommonJS`, () => {
      const [tool, ...args] = bundling.split(' ')
      run('npx', [tool, ...args], modules)
      run('npx', [tool, ...args.map(arg => arg.replace('=esm', '=cjs').replace('.mjs', '.cjs'))], modules)
      run(path, ['invoke.mjs'], modules)
    })
  }
}

function write(app, name, type) {
  const place = join(app, name)
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'package.json'), JSON.stringify({ type }))
  // One configuration in a folder is the one that Jest takes.
  const own = files.filter(([file]) => type === 'commonjs' || file !== 'jest.config.cjs')
  for (const [file, text] of [...own, ['invoke.mjs', INVOKE]]) writeFileSync(join(place, file), text)
  return place
}

/** As Lambda does it: the environment is there before the module is loaded. */
const INVOKE = `
import assert from 'node:assert/strict'
import startCloud from './startCloud.mjs'
import stopCloud from './stopCloud.mjs'
await startCloud()
const { PutItemCommand } = await import('dynamodb-toolbox')
const { User } = await import('./users.js')
await User.build(PutItemCommand).item({ id: '1', ssn: '078-05-1120' }).send()
for (const bundle of ['./dist/handler.mjs', './dist/handler.cjs']) {
  const { handler } = await import(bundle)
  assert.deepEqual(await handler({ id: '1' }), { id: '1', ssn: '078-05-1120' })
}
await stopCloud()
`

function jest(node, args, cwd, env) {
  run(node, [join(dirname(cwd), 'node_modules/jest/bin/jest.js'), '--silent', ...args], cwd, env)
}
