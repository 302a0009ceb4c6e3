import { aws } from '../aws.js'
import type { Check } from '../finding.js'

export const aliasMissing: Check = {
  code: 'alias-missing',
  severity: 'warning',
  finds: 'an alias of the key is not there in another of its regions',
  run: ({ keys }) =>
    keys.flatMap(({ id, aliases }) =>
      [...aliases].flatMap(([name, targets]) =>
        [...targets].flatMap(([region, target]) =>
          target !== undefined
            ? []
            : {
                subject: name,
                regions: [region],
                what: `The key has the alias ${name}, but not in ${region}.`,
                why: 'ReplicateKey copies no aliases. Who finds the key by it finds none there.',
                mend: [aws('kms create-alias', region, { 'alias-name': name, 'target-key-id': id })],
              },
        ),
      ),
    ),
}
