import { execFileSync } from 'node:child_process'
import type { World } from './setUp.js'

/** The words of a command, as a shell reads it. */
export function words(command: string): string[] {
  const script = `aws() { printf '%s\\0' "$@"; }\n${command}`
  const out = execFileSync('sh', ['-c', script], { encoding: 'utf8' })
  return out.split('\0').slice(0, -1)
}

/** Does what a command of the AWS CLI does, as far as findings have them: its options are the members of the operation's input. */
export async function run(command: string, world: World): Promise<void> {
  if (command.startsWith('#')) return
  const [service, operation, ...options] = words(command) as [string, string, ...string[]]
  const input: Record<string, unknown> = {}
  let region = ''
  for (let i = 0; i < options.length; i += 2) {
    const name = options[i]!.replace(/^--/, '')
    const value = options[i + 1]!
    if (name === 'region') region = value
    else input[pascal(name)] = parsed(value)
  }
  const client = (service === 'kms' ? world.kms(region) : world.dynamodb(region)) as unknown as Record<
    string,
    (input: object) => Promise<unknown>
  >
  await client[camel(operation)]!(input)
}

const pascal = (name: string) => name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase())
const camel = (name: string) => pascal(name).replace(/^./, letter => letter.toLowerCase())

/** JSON, or the AWS CLI's shorthand. */
function parsed(value: string): unknown {
  if (/^[[{]/.test(value)) return JSON.parse(value)
  if (!/^\w+=/.test(value)) return value
  return Object.fromEntries(
    value.split(',').map(pair => {
      const [name, text] = pair.split('=') as [string, string]
      return [name, text === 'true' ? true : text === 'false' ? false : text]
    }),
  )
}
