import type { Check } from '../finding.js'
import { indexAnew } from '../indexAnew.js'
import { eachOnce, encryptedNames, indexes, projects } from '../select.js'

export const indexLacksEnvelope: Check = {
  code: 'index-lacks-envelope',
  severity: 'error',
  finds: 'an index projects encrypted attributes, and not the envelope that they need',
  run: seen =>
    eachOnce(seen).flatMap(({ table, regions }) => {
      const { known, attributes } = table.of
      if (known.standsAlone || known.wholeItems) return []
      return indexes(table).flatMap(index => {
        const has = projects(index, table)
        const encrypted = [...encryptedNames(table.of)].filter(has)
        const missing = attributes.filter(name => !has(name))
        if (encrypted.length === 0 || missing.length === 0) return []
        return {
          subject: `${table.name}/${index.IndexName}`,
          regions,
          what: `Index ${index.IndexName} projects ${encrypted.join(', ')}, and not ${missing.join(', ')}.`,
          why: "Short fields do not open without the envelope of their item: what the index finds cannot be read. Where it cannot be projected, fields: 'full' puts it into each field.",
          mend: indexAnew(table, index, missing),
        }
      })
    }),
}
