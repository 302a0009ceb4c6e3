import type { Check } from '../finding.js'
import { removeIndex } from '../indexAnew.js'
import { eachOnce, indexes, keyNames } from '../select.js'

export const tokenKeyType: Check = {
  code: 'token-key-type',
  severity: 'error',
  finds: 'a token attribute is the key of an index, which is of another type than a token',
  run: seen =>
    eachOnce(seen).flatMap(({ table, regions }) => {
      const tokens = table.of.known.tokens(undefined)
      const types = new Map(
        (table.description.AttributeDefinitions ?? []).map(one => [one.AttributeName, one.AttributeType]),
      )
      return indexes(table).flatMap(index =>
        keyNames(index).flatMap(name => {
          const token = tokens.find(({ path }) => path.length === 1 && path[0] === name)
          if (token === undefined) return []
          const { members } = token.definition
          if (types.get(name) === 'S' && !members) return []
          return {
            subject: `${table.name}/${index.IndexName}`,
            regions,
            what: `${name} is a key of index ${index.IndexName} of type ${types.get(name)}, and holds ${members ? 'a set of tokens' : 'a token, a string'}.`,
            why: 'DynamoDB refuses items whose index key is of another type, and no set can be one: nothing with a token can be written.',
            mend: [removeIndex(table.name, table.region, index.IndexName!)],
          }
        }),
      )
    }),
}
