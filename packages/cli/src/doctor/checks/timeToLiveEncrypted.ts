import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { eachOnce, encryptedNames } from '../select.js'

export const timeToLiveEncrypted: Check = {
  code: 'time-to-live-encrypted',
  severity: 'error',
  finds: 'the attribute by which DynamoDB deletes items is encrypted',
  run: seen =>
    eachOnce(seen).flatMap(({ table: { name, region, timeToLive, of }, regions }) => {
      if (timeToLive === undefined || !encryptedNames(of).has(timeToLive)) return []
      return {
        subject: name,
        regions,
        what: `Items of table ${name} expire by ${timeToLive}, which is encrypted.`,
        why: 'DynamoDB cannot read when to delete an item, and leaves all of them. With the option timeToLive, a sealed client refuses to encrypt it.',
        mend: [
          aws('dynamodb update-time-to-live', region, {
            'table-name': name,
            'time-to-live-specification': `Enabled=false,AttributeName=${timeToLive}`,
          }),
          '# Or in the application: leave that attribute in clear, after dynaseal revert',
        ],
      }
    }),
}
