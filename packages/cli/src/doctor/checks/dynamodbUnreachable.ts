import { aws } from '../aws.js'
import type { Check } from '../finding.js'

const KINDS = ['unreachable', 'throttled', 'other']

export const dynamodbUnreachable: Check = {
  code: 'dynamodb-unreachable',
  severity: 'error',
  finds: 'DynamoDB does not answer in a region, or fails there',
  run: ({ tables }) =>
    tables.flatMap(({ name, region, failure, notDescribed }) => {
      const [found] = [failure, ...notDescribed].filter(one => one !== undefined && KINDS.includes(one.kind))
      if (found === undefined) return []
      return {
        subject: name,
        regions: [region],
        what: `DynamoDB in ${region} gives no answer of use to ${found.action}: ${found.reason}.`,
        why: 'What the table is like there was not checked. Is the region right, and the endpoint of the client?',
        mend: [aws('dynamodb describe-table', region, { 'table-name': name, debug: true })],
      }
    }),
}
