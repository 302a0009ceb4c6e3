import { aws } from '../aws.js'
import type { Failure } from '../failure.js'
import type { Check, Found } from '../finding.js'
import { failuresOf, replicas } from '../select.js'

export const credentials: Check = {
  code: 'credentials',
  severity: 'error',
  finds: 'there are no credentials, or they are not taken in a region',
  run: seen => [
    ...replicas(seen).flatMap(replica =>
      failuresOf(replica, ['credentials'])
        .slice(0, 1)
        .map(failure => found(replica.arn, replica.region, failure)),
    ),
    ...seen.tables.flatMap(({ name, region, failure }) =>
      failure?.kind === 'credentials' ? [found(name, region, failure)] : [],
    ),
  ],
}

function found(subject: string, region: string, { action, reason }: Failure): Found {
  return {
    subject,
    regions: [region],
    what: `AWS does not take the credentials for ${action} in ${region}: ${reason}.`,
    why: 'Nothing works without. In a region that has to be opted in to, only tokens of a regional STS endpoint are taken.',
    mend: [aws('sts get-caller-identity', region, {})],
  }
}
