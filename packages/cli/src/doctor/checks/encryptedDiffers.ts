import { formatPath } from '@dynaseal/document-client/mapper'
import type { Check } from '../finding.js'
import { differences, views } from '../select.js'

export const encryptedDiffers: Check = {
  code: 'encrypted-differs',
  severity: 'error',
  finds: 'clients of different regions encrypt other attributes of a table',
  run: seen =>
    views(seen).flatMap(({ name, of }) => {
      const kinds = (table: (typeof of)[number]['table']) => table.known.kinds.map(kind => kind.name)
      // Of an entity that only one of them knows, that is said.
      const shared = kinds(of[0]!.table).filter(kind => of.every(({ table }) => kinds(table).includes(kind)))
      const differing = differences(of, ({ known }) =>
        [...new Set(shared)].map(kind => known.declared(kind).map(formatPath).sort().join(', ')).join('; '),
      )
      if (differing === undefined) return []
      return {
        subject: name,
        regions: differing.regions,
        what: `Clients encrypt different attributes of table ${name}. ${differing.values.join('; ')}.`,
        why: 'What one region writes in clear, the other refuses to read, or the other way round.',
        mend: ['# In the application: one schema for all regions; then', `dynaseal backfill ${name} --apply`],
      }
    }),
}
