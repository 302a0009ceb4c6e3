import type { Target } from '../config/project.js'
import { CliError } from '../errors.js'
import { kindOf } from '../stored/tableItem.js'
import type { WireItem } from '../stored/wireItem.js'
import type { BackfillOptions } from './backfill.js'

type Entities = Pick<BackfillOptions, 'entities' | 'unknown'>

/** @throws {CliError} `usage` for an entity that there is none of */
export function checkEntities({ known, tableName }: Target, { entities }: Entities): void {
  const names = known.kinds.map(({ name }) => name)
  const missing = entities?.find(name => !names.includes(name))
  if (missing === undefined) return
  throw new CliError(
    'usage',
    `Table ${tableName} has no entity ${missing}. It has ${names.filter(name => name !== undefined).join(', ') || 'none'}.`,
  )
}

/** Why an item is not to be touched. */
export function ofOthers(
  { known }: Target,
  { entities, unknown = false }: Entities,
  item: WireItem,
): string | undefined {
  const entity = kindOf(known, item)
  if (entities !== undefined && !entities.includes(entity!) && !(unknown && entity === undefined))
    return entity === undefined ? 'unknown-entity' : 'other-entity'
  const isAnybodys = known.kindAttribute === undefined || known.kinds.some(({ name }) => name === undefined)
  return entity === undefined && !isAnybodys && !unknown ? 'unknown-entity' : undefined
}
