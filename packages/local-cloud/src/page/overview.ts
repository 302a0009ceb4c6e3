import type { AwsResponse } from '../aws.js'
import type { CallFilter } from '../callLog.js'
import { callsSection } from './calls.js'
import { countersSection } from './counters.js'
import { document, notice } from './document.js'
import { faultsSection } from './faults.js'
import { html } from './html.js'
import { keysSection } from './keys.js'
import { regionsSection } from './regions.js'
import { replicationSection } from './replication.js'
import type { PageSource } from './source.js'
import { tablesSection } from './tables.js'

/** The page at `/`: everything at a glance. */
export async function overview(
  cloud: PageSource,
  filter: CallFilter,
  problem?: string,
): Promise<AwsResponse> {
  const content = html`
    <h1 class="unseen">Local cloud</h1>
    ${problem === undefined ? undefined : notice(problem)}
    ${regionsSection(cloud)}
    ${faultsSection(cloud)}
    ${keysSection(cloud)}
    ${await tablesSection(cloud)}
    ${replicationSection(cloud)}
    ${callsSection(cloud, filter)}
    ${countersSection(cloud)}`
  return document('Local cloud', content, problem === undefined ? 200 : 400)
}
