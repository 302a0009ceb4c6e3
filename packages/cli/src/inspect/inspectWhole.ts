import { itemFormatParts } from '@dynaseal/core/parts'
import type { Target } from '../config/project.js'
import { encryptedFields, keyOf } from '../stored/tableItem.js'
import { wholeToOpen } from '../stored/wholeItem.js'
import type { WireItem } from '../stored/wireItem.js'
import { describeWhole } from './describeWhole.js'
import type { InspectedField, InspectOptions } from './inspectItem.js'
import { IN_CLEAR, lacksKey, OTHER_FORMAT, type Problem, problemOf } from './problems.js'

/**
 * What is stored in an item that was sealed as a whole, and what of it stands in clear where the table has ciphertext. The
 * format's own attributes come first, and have what is wrong with the item.
 */
export async function inspectWhole(
  item: WireItem,
  target: Target,
  open: InspectOptions['open'],
): Promise<InspectedField[]> {
  const { known, format } = target
  const parts = itemFormatParts(format)
  const described = describeWhole(item, parts?.ofTable(known.name, known.keyNames).unsigned)
  const fields = [...described, ...inClear(item, target, described)]
  if (described[0]!.problem !== undefined) return fields
  if (parts === undefined) return withProblem(fields, OTHER_FORMAT)
  if (keyOf(known, item) === undefined) return withProblem(fields, lacksKey(known.keyNames))
  const toOpen = wholeToOpen(target, item)
  if (open === undefined) {
    const fault = parts.check(toOpen)
    return fault === undefined ? fields : withProblem(fields, problemOf(fault))
  }
  const [{ error, others, fields: opened } = { fields: [] }] = await format.open([toOpen])
  if (error !== undefined)
    return withProblem(fields, problemOf(error)).map(field => ({ ...field, opens: false }))
  const values = new Map<unknown, unknown>(Object.entries(others ?? {}))
  for (const [i, one] of opened.entries())
    if ('value' in one) values.set(toOpen.fields[i]!.path[0], one.value)
  return fields.map(field => {
    if (field.header !== undefined) return { ...field, opens: true }
    // What stands in clear was not opened, and nothing is proven of it.
    if (field.attribute === undefined) return field
    const value = values.get(field.path![0]) as InspectedField['value']
    return { ...field, opens: true, ...(open === 'value' && value !== undefined ? { value } : {}) }
  })
}

/** What is declared as encrypted, and is not, by what the header says. */
function inClear(
  item: WireItem,
  { known }: Target,
  [header, ...encrypted]: readonly InspectedField[],
): InspectedField[] {
  const isEncrypted = new Set(encrypted.map(({ path }) => path![0]))
  const isKnown = header?.header?.attributes !== undefined
  return encryptedFields(known, item)
    .filter(({ path: [name], value }) => (isKnown ? !isEncrypted.has(name!) : value.B === undefined))
    .map(({ path }) => ({ path, state: 'clear', wrappingKeys: [], problem: IN_CLEAR }))
}

function withProblem([first, ...others]: readonly InspectedField[], problem: Problem): InspectedField[] {
  return [{ ...first!, problem }, ...others]
}
