import { CONTEXT, keyJson, LOGICAL_TABLE, TABLE, WEST } from './world.mjs'

/** The reader's command as one would type it: what it prints for an item, by line, and its exit code. */
export const readerOf =
  (python, world) =>
  async ({
    number,
    paths,
    context = CONTEXT,
    logicalTable = LOGICAL_TABLE,
    kmsKey = world.keyArns[1],
    envelope = 'dynaseal',
  }) => {
    const { code, stdout, stderr } = await python.run(
      'examples/python-reader/reader.py',
      [
        ...['--region', WEST, '--endpoint-url', world.cloud.endpoint, '--kms-key', kmsKey],
        ...['--table', TABLE, '--logical-table', logicalTable, '--key', JSON.stringify(keyJson(number))],
        ...['--envelope', envelope],
        ...Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`]),
        ...paths.map(path => JSON.stringify(path)),
      ],
      environment(),
    )
    if (code > 1 || stdout === '') throw new Error(`the reader ended with ${code}: ${stderr}`)
    return { code, lines: stdout.trim().split('\n').map(JSON.parse) }
  }

/** Nothing of this machine's AWS configuration, and no proxy in between. */
export function environment() {
  return {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: '',
    AWS_SHARED_CREDENTIALS_FILE: '',
    AWS_PROFILE: undefined,
    AWS_SESSION_TOKEN: undefined,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  }
}
