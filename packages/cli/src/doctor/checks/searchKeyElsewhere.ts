import type { Check } from '../finding.js'

export const searchKeyElsewhere: Check = {
  code: 'search-key-elsewhere',
  severity: 'error',
  finds: "a search key is wrapped under another KMS key than those of the search tokens' keyring",
  run: ({ searchKeys }) =>
    searchKeys
      .filter(({ region }) => region === undefined)
      .map(({ version, wrappedUnder }) => ({
        subject: `search key ${version}`,
        regions: [],
        what: `Search key ${version} is wrapped under ${wrappedUnder.join(', ')}, and no keyring of the search tokens is for that.`,
        why: 'It cannot be unwrapped anywhere: nothing is found by its tokens.',
        mend: [
          '# In the configuration: give createSearchTokens() a keyring for that key, or the search key that was made with this one',
        ],
      })),
}
