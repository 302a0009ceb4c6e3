import type { Check } from '../finding.js'
import { removeIndex } from '../indexAnew.js'
import { eachOnce, encryptedNames, indexes, keyNames } from '../select.js'

export const indexKeyEncrypted: Check = {
  code: 'index-key-encrypted',
  severity: 'error',
  finds: 'a key of an index is encrypted',
  run: seen =>
    eachOnce(seen).flatMap(({ table, regions }) => {
      const encrypted = encryptedNames(table.of)
      return indexes(table).flatMap(index => {
        const keys = keyNames(index).filter(name => encrypted.has(name))
        if (keys.length === 0) return []
        return {
          subject: `${table.name}/${index.IndexName}`,
          regions,
          what: `${keys.join(', ')} is a key of index ${index.IndexName}, and encrypted.`,
          why: 'Ciphertext is Binary and another one each time: DynamoDB refuses items with it, or nothing is found by it. What an encrypted attribute equals is found by a token attribute ("Finding items by what is encrypted").',
          mend: [removeIndex(table.name, table.region, index.IndexName!)],
        }
      })
    }),
}
