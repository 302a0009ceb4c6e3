import { allow } from '../aws.js'
import type { Check } from '../finding.js'

export const tableNotDescribed: Check = {
  code: 'table-not-described',
  severity: 'note',
  finds:
    '`dynamodb:DescribeTable`, `DescribeTimeToLive` or `DescribeContinuousBackups` is refused, so that the table is not known as it is',
  run: ({ tables }) =>
    tables
      .filter(({ notDescribed }) => notDescribed.some(({ kind }) => kind === 'denied'))
      .map(({ name, region, notDescribed }) => {
        const actions = notDescribed.filter(({ kind }) => kind === 'denied').map(({ action }) => action)
        return {
          subject: name,
          regions: [region],
          what: `${actions.join(', ')} on table ${name} ${actions.length > 1 ? 'are' : 'is'} refused in ${region}: what it would have told was not checked.`,
          why: 'The application needs none of it, this command does.',
          mend: [allow(actions, `arn:aws:dynamodb:${region}:*:table/${name}`)],
        }
      }),
}
