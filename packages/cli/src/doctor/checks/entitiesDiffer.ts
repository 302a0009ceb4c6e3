import type { Check } from '../finding.js'
import { differences, views } from '../select.js'

export const entitiesDiffer: Check = {
  code: 'entities-differ',
  severity: 'error',
  finds:
    'clients of different regions know other entities of a table, or another attribute that has their names',
  run: seen =>
    views(seen).flatMap(({ name, of }) => {
      const differing = differences(of, ({ known }) => {
        const kinds = [...new Set(known.kinds.map(kind => kind.name ?? 'all items'))].sort().join(', ')
        return known.kindAttribute === undefined ? kinds : `${kinds} (by ${known.kindAttribute})`
      })
      if (differing === undefined) return []
      return {
        subject: name,
        regions: differing.regions,
        what: `Clients know different entities of table ${name}. ${differing.values.join('; ')}.`,
        why: 'Where an entity is not known, its values in clear are not noticed, and its ciphertext is taken for damage.',
        mend: ['# In the configuration: register the same entities on all clients'],
      }
    }),
}
