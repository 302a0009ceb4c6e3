import type { Check, Found } from '../finding.js'
import { isBroken } from '../select.js'
import { keyStoreRow } from './beaconKeyLocked.js'

export const keyringFails: Check = {
  code: 'keyring-fails',
  severity: 'error',
  finds:
    'a keyring of branch keys, or one that cannot be looked into, does not make a data key or does not decrypt it',
  run: seen => {
    const found = new Map<string, Found>()
    for (const { region: client, tables } of seen.clients) {
      for (const [name, { lost, keyStore }] of tables) {
        for (const { region, reason } of lost) {
          const id = `${name} ${region}`
          // What is wrong with a key's replica is said of that; and what several clients met, once.
          if (isBroken(seen, region) || found.has(id)) continue
          found.set(id, {
            subject: name,
            regions: [region],
            what: `In ${region}, the keyring of the client for ${client} made no data key for table ${name}, or did not decrypt it: ${reason}`,
            why: 'When this region is the only one left, nothing can be written to the table, or nothing of it read.',
            mend:
              keyStore === undefined
                ? [`dynaseal inspect ${name} KEY --check --region ${client}`]
                : [keyStoreRow(keyStore.tableName, region, keyStore.branchKeyId, 'branch:ACTIVE')],
          })
        }
      }
    }
    return [...found.values()]
  },
}
