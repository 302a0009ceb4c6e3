import type { Check } from '../finding.js'
import { eachOnce, keyNames } from '../select.js'

export const keySchemaDiffers: Check = {
  code: 'key-schema-differs',
  severity: 'error',
  finds: 'the primary key of the table is another one than was registered or declared',
  run: seen =>
    eachOnce(seen).flatMap(({ table: { name, of, description }, regions }) => {
      const stored = keyNames(description)
      const { keyNames: known } = of.known
      if (stored.length === known.length && stored.every(one => known.includes(one))) return []
      return {
        subject: name,
        regions,
        what: `Table ${name} has the key ${stored.join(', ')}, and the configuration says ${known.join(', ')}.`,
        why: 'Ciphertexts are bound to the names and values of the primary key. With other names, commands fail, or fields open in other items than their own.',
        mend: [`# In the application: give the table the key ${stored.join(', ')}`],
      }
    }),
}
