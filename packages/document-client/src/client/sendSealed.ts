import type { SendOperation } from '../changing/readFirst.js'
import { baseCommand, commandClass, type OperationName } from '../commands/operations.js'
import { type CommandPlan, planCommand } from '../commands/planCommand.js'
import { openError } from '../opening/openError.js'
import { Opening } from '../opening/opening.js'
import { dropItems } from '../opening/openPartially.js'
import { Sealing } from '../sealing/sealing.js'
import type { Tables } from '../tables/tables.js'
import { copyContainers, ownInput } from '../values/copyContainers.js'
import type { Item } from '../values/place.js'
import type { ClientSettings } from './settings.js'

/** Sends a command with the client that was sealed. */
export type Forward = (command: object) => Promise<unknown>

/**
 * One command: what it writes is sealed, it is sent, and what comes back is opened.
 *
 * @param given what the command has, as it was when it was sent
 */
export async function sendSealed(
  tables: Tables,
  settings: ClientSettings,
  command: { input: object },
  forward: Forward,
  given = command.input,
): Promise<unknown> {
  const sealing = new Sealing(settings)
  const { items } = settings.commands
  const signed =
    settings.format.wholeItems === true && settings.commands.type === 'document'
      ? settings.features.wholeItems
      : undefined
  const sendOperation: SendOperation = async (name, input) =>
    copyContainers(await forward(copyCommand(command, baseCommand(name), input))) as Item
  const planned = planCommand(settings.commands, tables, command, given, sealing)
  if (planned === undefined) return forward(command)
  const { plan } = planned
  const again = plan.hasMoved && ownInput(given)
  const send = async (input: Item, operation?: OperationName) => {
    const type = operation === undefined ? planned.type : commandClass(operation, settings.commands.type)
    const copy = copyCommand(command, type, items.write(input))
    const answer = await forward(signed?.readingAllDigits(copy) ?? copy)
    return items.read(copyContainers(answer) as Item)
  }
  await sealing.seal(async () => plan.locate?.(send))
  let output: Item
  try {
    output = await (plan.send === undefined ? send(plan.input) : plan.send(send, { settings, sendOperation }))
  } catch (error) {
    // Each time, somebody has moved an item to the key that is written with, and that happens once.
    if (failedByCondition(error) && (await plan.hasMoved?.(send)) === true)
      return sendSealed(tables, settings, command, forward, again)
    throw await openError(settings, plan, error)
  }
  const opening = new Opening(settings)
  if (plan.compare !== undefined) opening.keepTokens()
  plan.response(output, opening)
  dropItems(output, await opening.open())
  if (plan.compare !== undefined) {
    await plan.compare(output, settings)
    opening.takeTokens()
  }
  plan.finish?.(output)
  return signed === undefined ? items.write(output) : signed.asClientReads(output)
}

function failedByCondition(error: unknown): boolean {
  const { name } = Object(error) as { name?: unknown }
  return name === 'ConditionalCheckFailedException' || name === 'TransactionCanceledException'
}

/** The caller's command stays as it is; its middleware comes along. */
function copyCommand(
  command: { input: object; middlewareStack?: unknown },
  type: CommandPlan['type'],
  input: Item,
): object {
  const copy = new type(input) as { middlewareStack: { use(plugin: unknown): void } }
  if (command.middlewareStack !== undefined) copy.middlewareStack.use(command.middlewareStack)
  return copy
}
