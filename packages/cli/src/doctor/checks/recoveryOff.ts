import { aws } from '../aws.js'
import type { Check } from '../finding.js'

export const recoveryOff: Check = {
  code: 'recovery-off',
  severity: 'note',
  finds: 'point-in-time recovery is off',
  run: ({ tables }) =>
    tables
      .filter(({ pointInTimeRecovery }) => pointInTimeRecovery === false)
      .map(({ name, region }) => ({
        subject: name,
        regions: [region],
        what: `Point-in-time recovery of table ${name} is off in ${region}.`,
        why: 'backfill, rewrap and revert write every item of a table: with it, there is a way back. Each replica has its own. It keeps what was in clear for up to 35 days.',
        mend: [
          aws('dynamodb update-continuous-backups', region, {
            'table-name': name,
            'point-in-time-recovery-specification': 'PointInTimeRecoveryEnabled=true',
          }),
        ],
      })),
}
