import type { Check } from '../finding.js'
import { replicas } from '../select.js'

export const slowRegion: Check = {
  code: 'slow-region',
  severity: 'warning',
  finds: "KMS takes longer than half of the keyring's `attemptTimeout` to answer from here",
  run: seen =>
    replicas(seen).flatMap(({ region, arn, ms, attemptTimeout }) => {
      if (ms === undefined || ms <= attemptTimeout / 2) return []
      return {
        subject: arn,
        regions: [region],
        what: `The quickest answer of KMS in ${region} took ${Math.round(ms)} ms from here, and the keyring waits ${attemptTimeout} ms before it gives an attempt up.`,
        why: 'A slow moment more, and this region is no way out when the others are lost.',
        mend: [
          `# In the configuration: attemptTimeout: ${Math.ceil(ms * 4)} of MrkKeyring, with a timeout above it`,
        ],
      }
    }),
}
