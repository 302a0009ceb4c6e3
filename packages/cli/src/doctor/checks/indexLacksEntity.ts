import type { Check } from '../finding.js'
import { indexAnew } from '../indexAnew.js'
import { eachOnce, encryptedNames, indexes, projects } from '../select.js'

export const indexLacksEntity: Check = {
  code: 'index-lacks-entity',
  severity: 'error',
  finds: "an index projects encrypted attributes, and not the attribute that has the entity's name",
  run: seen =>
    eachOnce(seen).flatMap(({ table, regions }) => {
      const { kindAttribute } = table.of.known
      if (kindAttribute === undefined) return []
      return indexes(table).flatMap(index => {
        const has = projects(index, table)
        const encrypted = [...encryptedNames(table.of)].filter(has)
        if (encrypted.length === 0 || has(kindAttribute)) return []
        return {
          subject: `${table.name}/${index.IndexName}`,
          regions,
          what: `Index ${index.IndexName} projects ${encrypted.join(', ')}, and not ${kindAttribute}, which says of which entity an item is.`,
          why: 'A sealed client asks for it with every projection, since what is encrypted depends on it; DynamoDB refuses a projection that has what an index lacks.',
          mend: indexAnew(table, index, [kindAttribute]),
        }
      })
    }),
}
