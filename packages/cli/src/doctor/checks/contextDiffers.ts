import type { Check } from '../finding.js'
import { differences, sorted, views } from '../select.js'

export const contextDiffers: Check = {
  code: 'context-differs',
  severity: 'error',
  finds: 'the encryption context of a table depends on the region',
  run: seen =>
    views(seen).flatMap(({ name, of }) => {
      const known = of.filter(({ table }) => table.context !== undefined)
      const differing = differences(known, ({ context }) => {
        // That is the logical name, and has a check of its own; so has the format, of which both are read.
        const { 'dynaseal:table': _, 'dynaseal:format': __, ...others } = context!
        return sorted(others) || 'nothing'
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
