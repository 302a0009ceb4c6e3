import { type Html, html } from './html.js'
import type { PageSource } from './source.js'
import { cutSwitch } from './switches.js'
import { backlogText } from './tables.js'

/** What is on its way between each two regions, and a switch to cut them off from each other. */
export function replicationSection(cloud: PageSource): Html | undefined {
  const pairs = pairsOf(cloud.regions)
  if (pairs.length === 0) return undefined
  return html`<section aria-labelledby="replication-title">
    <h2 id="replication-title">Replication</h2>
    <div class="scroll" role="region" aria-labelledby="replication-title" tabindex="0">
      <table id="replication" data-live>
        <thead>
          <tr>
            <th scope="col">Between</th>
            <th scope="col">State</th>
            <th scope="col">On its way</th>
            <th scope="col">Switch</th>
          </tr>
        </thead>
        <tbody>
          ${pairs.map(pair => pairRow(cloud, pair))}
        </tbody>
      </table>
    </div>
  </section>`
}

function pairRow(cloud: PageSource, [a, b]: readonly [string, string]): Html {
  const faults = cloud.faults()
  const isCut = faults.some(
    fault => fault.kind === 'cut' && fault.between.includes(a) && fault.between.includes(b),
  )
  const direction = (from: string, to: string) => {
    const backlog = cloud.inspection.backlog(from, to)
    return backlog.count === 0 ? [] : html`<span class="line">${to}: ${backlogText(backlog)}</span>`
  }
  const directions = [direction(a, b), direction(b, a)].flat()
  return html`<tr>
    <th scope="row"><span class="region">${a}</span> <span aria-label="and">⇄</span> <span class="region">${b}</span></th>
    <td data-label="State"><span class="badge ${isCut ? 'bad' : 'good'}">${isCut ? 'cut' : 'connected'}</span></td>
    <td data-label="On its way">${directions.length === 0 ? html`<span class="none">nothing</span>` : directions}</td>
    <td data-label="Switch">${cutSwitch([a, b], faults)}</td>
  </tr>`
}

function pairsOf(regions: readonly string[]): [string, string][] {
  return regions.flatMap((a, n) => regions.slice(n + 1).map((b): [string, string] => [a, b]))
}
