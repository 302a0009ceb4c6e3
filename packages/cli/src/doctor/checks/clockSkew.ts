import type { Check } from '../finding.js'
import { replicas } from '../select.js'

/** KMS refuses signatures that are 5 minutes off, DynamoDB those that are 15. */
const WORTH_A_WORD = 60_000

export const clockSkew: Check = {
  code: 'clock-skew',
  severity: 'warning',
  finds: "this machine's clock differs by more than a minute from a region's",
  run: seen => {
    const skews = new Map<string, number>()
    for (const { region, skewMs } of [...replicas(seen), ...seen.tables])
      if (skewMs !== undefined && Math.abs(skewMs) > WORTH_A_WORD) skews.set(region, skewMs)
    return [...skews].map(([region, skew]) => ({
      subject: 'clock',
      regions: [region],
      what: `This machine's clock is ${Math.abs(skew) / 1000} s ${skew > 0 ? 'behind' : 'ahead of'} that of ${region}.`,
      why: 'Requests are signed with the time: KMS refuses what is 5 minutes off, DynamoDB what is 15. The AWS SDK corrects itself after a refusal, which the keyring takes for a region that fails.',
      mend: ['sudo timedatectl set-ntp true'],
    }))
  },
}
