import type { Check } from '../finding.js'

export const keyringFails: Check = {
  code: 'keyring-fails',
  severity: 'error',
  finds: 'a keyring that cannot be looked into does not make a data key, or not decrypt it',
  run: ({ clients }) =>
    clients.flatMap(({ region, tables }) =>
      [...tables].flatMap(([name, { roundTrip }]) =>
        roundTrip === undefined
          ? []
          : {
              subject: name,
              regions: [region],
              what: `With the keyring of the client for ${region}, no data key for table ${name} was made and decrypted: ${roundTrip}`,
              why: 'Nothing can be written to the table, or nothing of it read.',
              mend: [`dynaseal inspect ${name} KEY --check --region ${region}`],
            },
      ),
    ),
}
