import { type CommandPlan, planCommand } from '../commands/planCommand.js'
import { openError } from '../opening/openError.js'
import { Opening } from '../opening/opening.js'
import { dropItems } from '../opening/openPartially.js'
import { Sealing } from '../sealing/sealing.js'
import type { Tables } from '../tables/tables.js'
import { copyContainers } from '../values/copyContainers.js'
import type { Item } from '../values/place.js'
import type { ClientSettings } from './settings.js'

/** Sends a command with the client that was sealed. */
export type Forward = (command: object) => Promise<unknown>

/** One command: what it writes is sealed, it is sent, and what comes back is opened. */
export async function sendSealed(
  tables: Tables,
  settings: ClientSettings,
  command: { input: object },
  forward: Forward,
): Promise<unknown> {
  const sealing = new Sealing(settings)
  const planned = planCommand(tables, command, command.input as Item, sealing)
  if (planned === undefined) return forward(command)
  const { plan } = planned
  await sealing.seal()
  const copy = copyCommand(command, planned)
  let output: Item
  try {
    output = copyContainers(await forward(copy)) as Item
  } catch (error) {
    throw await openError(settings, plan, error)
  }
  const opening = new Opening(settings)
  plan.response(output, opening)
  dropItems(output, await opening.open())
  plan.finish?.(output)
  return output
}

/** The caller's command stays as it is; its middleware comes along. */
function copyCommand(
  command: { input: object; middlewareStack?: unknown },
  { type, plan }: CommandPlan,
): object {
  const copy = new type(plan.input) as { middlewareStack: { use(plugin: unknown): void } }
  if (command.middlewareStack !== undefined) copy.middlewareStack.use(command.middlewareStack)
  return copy
}
