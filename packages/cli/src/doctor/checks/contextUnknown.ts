import type { Check } from '../finding.js'

export const contextUnknown: Check = {
  code: 'context-unknown',
  severity: 'note',
  finds:
    'the encryption context depends on the item, and no item could be read: the key was not tried for the table',
  run: ({ clients }) =>
    clients.flatMap(({ region, tables, isOpaque }) =>
      [...tables].flatMap(([name, { context }]) =>
        context !== undefined || isOpaque
          ? []
          : {
              subject: name,
              regions: [region],
              what: `The encryption context of table ${name} depends on the item, and no item could be read in ${region}.`,
              why: 'Without a context, neither the key nor its policy was tried for this table.',
              mend: [`aws dynamodb scan --region ${region} --table-name ${name} --max-items 1`],
            },
      ),
    ),
}
