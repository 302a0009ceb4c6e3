// A Python environment with the requirements of the reader and of these tests, in .interop/ of the repository.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, '.interop')
const requirements = ['examples/python-reader/requirements.txt', 'test/interop/requirements.txt'].map(path =>
  join(root, path),
)
const interpreter =
  process.platform === 'win32' ? join(folder, 'Scripts/python.exe') : join(folder, 'bin/python')
const execute = promisify(execFile)

/** What is missing on this machine, and what to do about it. */
export class Missing extends Error {}

/** Makes or reuses the environment; answers a function that runs one of its programs. */
export async function preparePython() {
  const base = await findPython()
  const stamp = join(folder, 'dynaseal.stamp')
  const wanted = createHash('sha256')
    .update(`${base.path} ${base.version}\n${requirements.map(path => readFileSync(path, 'utf8')).join('')}`)
    .digest('hex')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    await step(
      'the venv module of Python. Debian and Ubuntu have it in the package python3-venv.',
      base.path,
      ['-m', 'venv', '--clear', folder],
    )
    await step(
      'PyPI, or a mirror that pip is configured for, to install examples/python-reader/requirements.txt and test/interop/requirements.txt.',
      interpreter,
      [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
        ...requirements.flatMap(path => ['--requirement', path]),
      ],
    )
    writeFileSync(stamp, wanted)
  }
  return { version: base.version, run }
}

/** Exit code and output; asynchronous, because the local cloud answers from this process. */
function run(program, args, env) {
  return new Promise((resolve, reject) => {
    const options = {
      cwd: root,
      encoding: 'utf8',
      timeout: 300_000,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8', ...env },
    }
    execFile(interpreter, [join(root, program), ...args], options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else resolve({ code: error?.code ?? 0, stdout, stderr })
    })
  })
}

async function findPython() {
  const names = process.env.PYTHON === undefined ? ['python3', 'python'] : [process.env.PYTHON]
  for (const name of names) {
    const found = await execute(name, [
      '-c',
      'import json, sys; print(json.dumps([sys.executable, sys.version.split()[0], sys.version_info >= (3, 9)]))',
    ]).catch(() => undefined)
    if (found === undefined) continue
    const [path, version, recent] = JSON.parse(found.stdout)
    if (recent) return { path, version }
  }
  throw new Missing(
    `test:interop needs Python 3.9 or newer as ${names.join(' or ')}. The variable PYTHON names another.`,
  )
}

async function step(need, command, args) {
  await execute(command, args).catch(error => {
    throw new Missing(`test:interop needs ${need}\n\n${error.stdout ?? ''}${error.stderr ?? error.message}`)
  })
}
