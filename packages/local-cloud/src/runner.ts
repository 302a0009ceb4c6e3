import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Milliseconds between two looks. */
const INTERVAL = 500

/** A process. */
interface Running {
  /** The process id of its parent. */
  readonly parent: number
  readonly command: string
}

/** Tells whether it is still there. */
export type Runner = () => Promise<boolean>

/**
 * What runs us, if that is npx or what else runs a script of a package.json: it may end without us. npm passes a signal
 * on to the shell between us, which ends without a word; killed, it passes on nothing, and the shell stays. Undefined
 * for a command that was started otherwise, or in the background of a script: there, who started it may leave.
 */
export async function findRunner(): Promise<Runner | undefined> {
  const parent = process.ppid
  const script = process.env.npm_lifecycle_script
  if (script === undefined || detaches(script)) return undefined
  const first = await inspect(parent)
  if (first === undefined) return undefined
  if (isRunner(first.command)) return async () => process.ppid === parent
  if (!first.command.includes(script)) return undefined
  return async () => process.ppid === parent && (await inspect(parent))?.parent === first.parent
}

/** Resolves when a runner has ended. */
export async function runnerEnd(isThere: Runner): Promise<void> {
  while (await isThere()) await sleep(INTERVAL, undefined, { ref: false })
}

/** A single `&` of a shell, not that of `&&` or `2>&1`; or a program that is there for it. */
function detaches(script: string): boolean {
  return /(^|[^&>|])&($|[^&>\d])|\b(nohup|setsid|disown)\b/.test(script)
}

/** Some shells become the only command that they are given, and then our parent is the runner itself. */
function isRunner(command: string): boolean {
  return /^(\S*\/)?(npm|npx|pnpm|yarn)\b|\/(npm-cli|npx-cli|pnpm|yarn)\.c?js\b/.test(command)
}

/** Undefined for a process that has ended, and where there is no way to know. */
async function inspect(pid: number): Promise<Running | undefined> {
  try {
    return process.platform === 'linux' ? await inspectProc(pid) : await inspectPs(pid)
  } catch {
    return undefined
  }
}

/** Not by `ps`, which small images do not have. */
async function inspectProc(pid: number): Promise<Running> {
  const [stat, command] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
  ])
  // `PID (NAME) STATE PARENT ...`, and a name may have anything in it.
  const [, , parent] = stat.slice(stat.lastIndexOf(')')).split(' ')
  return { parent: Number(parent), command: command.replaceAll('\0', ' ') }
}

async function inspectPs(pid: number): Promise<Running> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=,command=', '-p', String(pid)])
  const [, parent, command = ''] = /^\s*(\d+)\s+(.*)/.exec(stdout) ?? []
  return { parent: Number(parent), command }
}
