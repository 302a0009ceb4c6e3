import type { Check } from '../finding.js'
import { differences, views } from '../select.js'

export const keysDiffer: Check = {
  code: 'keys-differ',
  severity: 'error',
  finds: 'clients of different regions seal one table under different KMS keys',
  run: seen =>
    views(seen).flatMap(({ name, of }) => {
      const known = of.filter(({ table }) => table.keyIds.length > 0)
      const differing = differences(known, ({ keyIds }) => keyIds[0]!)
      // The rest of the keys opens what is older.
      const isOpened = known.every(({ table }) =>
        known.every(other => other.table.keyIds.includes(table.keyIds[0]!)),
      )
      if (differing === undefined || isOpened) return []
      return {
        subject: name,
        regions: differing.regions,
        what: `Table ${name} is sealed under different keys. ${differing.values.join('; ')}.`,
        why: 'What one region seals, the other does not open.',
        mend: ['# In the configuration: the replicas of one multi-Region key for all clients'],
      }
    }),
}
