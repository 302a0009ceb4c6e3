import { aws } from '../aws.js'
import type { Check } from '../finding.js'

export const aliasElsewhere: Check = {
  code: 'alias-elsewhere',
  severity: 'warning',
  finds: 'an alias of the key is that of another key in another region',
  run: ({ keys }) =>
    keys.flatMap(({ id, aliases }) =>
      [...aliases].flatMap(([name, targets]) =>
        [...targets].flatMap(([region, target]) =>
          target === undefined || target === id
            ? []
            : {
                subject: name,
                regions: [region],
                what: `${name} is the alias of ${target} in ${region}, and elsewhere that of ${id}, which the keyring uses.`,
                why: "An alias is one region's. Who finds the key by it (MrkKeyring.discover, policies, people) finds another one there, and what is sealed under that opens with no keyring of this one.",
                mend: [aws('kms update-alias', region, { 'alias-name': name, 'target-key-id': id })],
              },
        ),
      ),
    ),
}
