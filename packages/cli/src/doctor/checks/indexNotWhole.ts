import type { Check } from '../finding.js'
import { indexWhole } from '../indexAnew.js'
import { eachOnce, indexes } from '../select.js'

export const indexNotWhole: Check = {
  code: 'index-not-whole',
  severity: 'error',
  finds: 'items are sealed as wholes, and an index projects a part of them',
  run: seen =>
    eachOnce(seen).flatMap(({ table, regions }) => {
      if (!table.of.known.wholeItems) return []
      return indexes(table)
        .filter(({ Projection }) => Projection?.ProjectionType !== 'ALL')

        .map(index => ({
          subject: `${table.name}/${index.IndexName}`,
          regions,
          what: `Index ${index.IndexName} projects a part of the attributes, and all of an item are signed together.`,
          why: 'What the index finds does not open, for want of the rest. It takes an index that projects ALL, or a read of each item by its key.',
          mend: indexWhole(table, index),
        }))
    }),
}
