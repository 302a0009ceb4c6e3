import type { Check } from '../finding.js'
import { differences, sorted, views } from '../select.js'

/** The logical name has a check of its own; so has the format, of which both are read. */
const CHECKED_ELSEWHERE = ['dynaseal:table', 'dynaseal:format', 'aws-crypto-table-name']

export const contextDiffers: Check = {
  code: 'context-differs',
  severity: 'error',
  finds: 'the encryption context of a table depends on the region',
  run: seen =>
    views(seen).flatMap(({ name, of }) => {
      const known = of.filter(({ table }) => table.context !== undefined)
      const differing = differences(known, ({ context }) => {
        const others = Object.entries(context!).filter(([pair]) => !CHECKED_ELSEWHERE.includes(pair))
        return sorted(Object.fromEntries(others)) || 'nothing'
      })
      if (differing === undefined) return []
      return {
        subject: name,
        regions: differing.regions,
        what: `The encryption contexts of table ${name} differ. ${differing.values.join('; ')}.`,
        why: 'A data key opens with exactly the pairs that it was made with: what is written in one region opens in no other.',
        mend: ['# In the application: one encryptionContext for all regions; then dynaseal rewrap'],
      }
    }),
}
