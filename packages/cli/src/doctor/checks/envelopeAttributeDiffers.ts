import type { Check } from '../finding.js'
import { differences, views } from '../select.js'

export const envelopeAttributeDiffers: Check = {
  code: 'envelope-attribute-differs',
  severity: 'error',
  finds: "clients of different regions have other names for the format's own attributes",
  run: seen =>
    views(seen).flatMap(({ name, of }) => {
      const differing = differences(of, ({ attributes }) => attributes.join(', '))
      if (differing === undefined) return []
      return {
        subject: name,
        regions: differing.regions,
        what: `The envelopes of table ${name} stand in different attributes. ${differing.values.join('; ')}.`,
        why: 'Short fields do not open without the envelope of their item.',
        mend: ['# In the application: one envelopeAttribute for all regions'],
      }
    }),
}
