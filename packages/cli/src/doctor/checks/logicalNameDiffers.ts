import type { Check } from '../finding.js'
import { differences, views } from '../select.js'

export const logicalNameDiffers: Check = {
  code: 'logical-name-differs',
  severity: 'error',
  finds: 'the logical name of a table depends on the region',
  run: seen =>
    views(seen).flatMap(({ name, of }) => {
      const differing = differences(of, ({ known }) => known.name)
      if (differing === undefined) return []
      return {
        subject: name,
        regions: differing.regions,
        what: `Table ${name} has different logical names. ${differing.values.join('; ')}.`,
        why: 'Ciphertexts are bound to the logical name: what is written in one region opens in no other.',
        mend: ['# In the application: one logicalTableName for all regions; then dynaseal rewrap'],
      }
    }),
}
