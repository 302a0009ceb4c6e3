import type { Check } from '../finding.js'

export const keyringOpaque: Check = {
  code: 'keyring-opaque',
  severity: 'note',
  finds:
    'a keyring is neither an `MrkKeyring` nor a `BranchKeyring`, so that its regions cannot be asked one by one',
  run: ({ clients }) =>
    clients
      .filter(({ isOpaque }) => isOpaque)
      .map(({ region }) => ({
        subject: 'keyring',
        regions: [region],
        what: `The keyring of the client for ${region} does not say which keys it asks in which regions: they were not checked one by one.`,
        why: 'A data key was made and decrypted with it as a whole, where its role allows that.',
        mend: [`dynaseal inspect TABLE KEY --check --region ${region}`],
      })),
}
