import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Milliseconds between two looks. */
const INTERVAL = 500

/** A process. */
interface Running {
  /** The process id of its parent. */
  readonly parent: number
  readonly command: string
}

/**
 * Resolves when npx, or what else runs a script of a package.json, has ended without us. npm passes a signal on to the
 * shell between us, which ends without a word; killed, it passes on nothing, and the shell stays. Never resolves for a
 * command that was started otherwise, or in the background of a script: there, who started it may leave.
 */
export async function runnerEnd(): Promise<void> {
  const parent = process.ppid
  const script = process.env.npm_lifecycle_script
  const started = script === undefined || detaches(script) ? undefined : await inspect(parent)
  const byShell = script !== undefined && started?.command.includes(script) === true
  if (started === undefined || !(byShell || isRunner(started.command))) return new Promise(() => {})
  const isThere = async () =>
    process.ppid === parent && (!byShell || (await inspect(parent))?.parent === started.parent)
  return new Promise(resolve => {
    const look = async () => {
      if (await isThere()) setTimeout(look, INTERVAL).unref()
      else resolve()
    }
    void look()
  })
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
