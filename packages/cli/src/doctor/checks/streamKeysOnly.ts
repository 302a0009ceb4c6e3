import { aws } from '../aws.js'
import type { Check } from '../finding.js'
import { described } from '../select.js'

export const streamKeysOnly: Check = {
  code: 'stream-keys-only',
  severity: 'note',
  finds: "the table's stream has keys alone",
  run: seen =>
    described(seen)
      .filter(({ description: { StreamSpecification: stream } }) => {
        return stream?.StreamEnabled === true && stream.StreamViewType === 'KEYS_ONLY'
      })
      .map(({ name, region }) => ({
        subject: name,
        regions: [region],
        what: `The stream of table ${name} in ${region} has the keys of items, and none of their attributes.`,
        why: 'There is nothing to open in it (openStreamRecords): who reads it has to get each item.',
        mend: [
          aws('dynamodb update-table', region, {
            'table-name': name,
            'stream-specification': 'StreamEnabled=false',
          }),
          aws('dynamodb update-table', region, {
            'table-name': name,
            'stream-specification': 'StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES',
          }),
        ],
      })),
}
