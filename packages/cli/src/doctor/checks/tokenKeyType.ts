import type { Check } from '../finding.js'
import { removeIndex } from '../indexAnew.js'
import type { Index } from '../seen.js'
import { eachOnce, indexes, keyNames } from '../select.js'

export const tokenKeyType: Check = {
  code: 'token-key-type',
  severity: 'error',
  finds: 'a token attribute is the key of the table or of an index, which is of another type than a token',
  run: seen =>
    eachOnce(seen).flatMap(({ table, regions }) => {
      const { name: tableName, region, description, of } = table
      const tokens = of.known.tokens(undefined)
      const types = new Map(
        (description.AttributeDefinitions ?? []).map(one => [one.AttributeName, one.AttributeType]),
      )
      const keyed: Index[] = [{ KeySchema: description.KeySchema }, ...indexes(table)]
      return keyed.flatMap(({ IndexName, ...index }) =>
        keyNames(index).flatMap(name => {
          const token = tokens.find(({ path }) => path.length === 1 && path[0] === name)
          const type = types.get(name)
          if (token === undefined || (type === 'S' && !token.definition.members)) return []
          const holds = token.definition.members ? 'a set of tokens' : 'a token, a string'
          return {
            subject: IndexName === undefined ? tableName : `${tableName}/${IndexName}`,
            regions,
            what: `${name} is a key of ${IndexName === undefined ? 'the table' : `index ${IndexName}`} of type ${type}, and holds ${holds}.`,
            why: 'DynamoDB refuses items whose key is of another type, and no set can be one: nothing with a token can be written.',
            mend: [
              IndexName === undefined
                ? '# A key cannot be changed: move the items to a table whose key is of type S'
                : removeIndex(tableName, region, IndexName),
            ],
          }
        }),
      )
    }),
}
