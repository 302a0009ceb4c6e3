import type { Check } from '../finding.js'
import { indexAnew } from '../indexAnew.js'
import { eachOnce, indexes, keyNames, projects } from '../select.js'

export const indexLacksSearched: Check = {
  code: 'index-lacks-searched',
  severity: 'error',
  finds: 'an index finds items by a token, and does not project what the token is of',
  run: seen =>
    eachOnce(seen).flatMap(({ table, regions }) => {
      const { known, attributes } = table.of
      return indexes(table).flatMap(index => {
        const has = projects(index, table)
        const keys = keyNames(index)
        const searched = known
          .tokens(undefined)
          .filter(({ path: [first] }) => keys.includes(String(first)))
          .flatMap(({ definition }) => definition.paths.map(([first]) => String(first)))
        const missing = [...new Set(searched)].filter(name => !has(name))
        if (missing.length === 0) return []
        return {
          subject: `${table.name}/${index.IndexName}`,
          regions,
          what: `Index ${index.IndexName} finds items by a token of ${missing.join(', ')}, which it does not project.`,
          why: 'Other values can have the same token, so a sealed client compares what it found with what was searched for: without the value, it hands out nothing.',
          mend: indexAnew(table, index, [...missing, ...attributes, ...[known.kindAttribute ?? []].flat()]),
        }
      })
    }),
}
