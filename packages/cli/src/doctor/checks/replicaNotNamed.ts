import type { Check } from '../finding.js'

export const replicaNotNamed: Check = {
  code: 'replica-not-named',
  severity: 'warning',
  finds: 'the key has a replica that no keyring names',
  run: ({ keys }) =>
    keys.flatMap(({ replicas }) => {
      const named = replicas.map(({ region }) => region)
      const known = replicas.find(({ description }) => description !== undefined)?.description?.replicas ?? []
      return known
        .filter(({ region }) => !named.includes(region))
        .map(({ region, arn }) => ({
          subject: arn,
          regions: [region],
          what: `The key has a replica in ${region}, and the keyring does not name it.`,
          why: 'It is asked neither as the nearest nor when others fail.',
          mend: [`# In the configuration: add it to keyArns of MrkKeyring: '${arn}'`],
        }))
    }),
}
