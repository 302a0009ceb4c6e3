import type { KeyOverview, ReplicaOverview } from '../kms/overview.js'
import { type Html, html } from './html.js'
import type { PageSource } from './source.js'
import { dateText } from './time.js'

/** KMS's keys: a row for each key, a column for each region. */
export function keysSection(cloud: PageSource): Html {
  const keys = cloud.keys()
  return html`<section aria-labelledby="keys-title">
    <h2 id="keys-title">Keys</h2>
    <div class="scroll" role="region" aria-labelledby="keys-title" tabindex="0">
      <table id="keys" class="matrix" data-live>
        <thead>
          <tr>
            <th scope="col">Key</th>
            ${cloud.regions.map(region => html`<th scope="col">${region}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${keys.map(key => keyRow(key, cloud.regions))}
          ${keys.length === 0 ? emptyRow(cloud.regions, 'No keys yet. CreateKey makes one.') : undefined}
        </tbody>
      </table>
    </div>
  </section>`
}

function keyRow(key: KeyOverview, regions: readonly string[]): Html {
  const kind = [
    key.multiRegion ? 'multi-Region' : 'one region',
    key.spec === 'SYMMETRIC_DEFAULT' ? [] : key.spec,
  ]
  return html`<tr>
    <th scope="row"><code>${key.id}</code><span class="note">${kind.flat().join(', ')}</span></th>
    ${regions.map(region => replicaCell(key, region, key.replicas.get(region)))}
  </tr>`
}

function replicaCell(key: KeyOverview, region: string, replica: ReplicaOverview | undefined): Html {
  if (replica === undefined) return notHere(region)
  const { state, deletionDate, description, aliases } = replica
  const role = region === key.primaryRegion ? 'primary' : 'replica'
  return html`<td data-label="${region}">
    <span class="badge ${state === 'Enabled' ? 'good' : 'bad'}">${state}</span>
    ${key.multiRegion ? html`<span class="badge ${role}">${role}</span>` : undefined}
    ${aliases.map(alias => html`<code class="line">${alias}</code>`)}
    ${deletionDate === undefined ? undefined : html`<span class="note">to be deleted ${dateText(deletionDate)}</span>`}
    ${description === '' ? undefined : html`<span class="note">${description}</span>`}
  </td>`
}

/** The cell of what a region does not have. */
export function notHere(region: string): Html {
  return html`<td data-label="${region}" class="none"><span aria-label="not here">–</span></td>`
}

/** A row that says why there are no others. */
export function emptyRow(regions: readonly string[], text: string): Html {
  return html`<tr><td class="none" colspan="${regions.length + 1}">${text}</td></tr>`
}
