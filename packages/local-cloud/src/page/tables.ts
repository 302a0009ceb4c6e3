import type { RegionalTable, TableOverview } from '../dynamodb/inspection.js'
import type { Backlog } from '../dynamodb/link.js'
import { durationText } from './faultText.js'
import { type Html, html } from './html.js'
import { emptyRow, notHere } from './keys.js'
import { tablePath } from './paths.js'
import { plural } from './plural.js'
import type { PageSource } from './source.js'

/** DynamoDB's tables: a row for each table, a column for each region. */
export async function tablesSection(cloud: PageSource): Promise<Html> {
  const { regions } = cloud
  const { tables, failed } = await cloud.inspection.tables()
  return html`<section aria-labelledby="tables-title">
    <h2 id="tables-title">Tables</h2>
    <div class="scroll" role="region" aria-labelledby="tables-title" tabindex="0">
      <table id="tables" class="matrix" data-live>
        <thead>
          <tr>
            <th scope="col">Table</th>
            ${regions.map(region => html`<th scope="col">${region}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${tables.map(table => tableRow(table, regions))}
          ${[...failed].map(([region, message]) => emptyRow(regions, `${region}: ${message}`))}
          ${tables.length + failed.size === 0 ? emptyRow(regions, 'No tables yet. CreateTable makes one.') : undefined}
        </tbody>
      </table>
    </div>
  </section>`
}

function tableRow(table: TableOverview, regions: readonly string[]): Html {
  const isGlobal = [...table.regions.values()].some(({ replica }) => replica !== undefined)
  return html`<tr>
    <th scope="row"><code>${table.name}</code><span class="note">${isGlobal ? 'global' : 'one region'}</span></th>
    ${regions.map(region => tableCell(table.name, region, table.regions.get(region)))}
  </tr>`
}

function tableCell(name: string, region: string, table: RegionalTable | undefined): Html {
  if (table === undefined) return notHere(region)
  const { status, replica, items, backlog } = table
  const shown = status === 'ACTIVE' && replica === 'CREATING' ? 'replica CREATING' : status
  const count = `${items.count}${items.more ? '+' : ''} ${items.count === 1 ? 'item' : 'items'}`
  return html`<td data-label="${region}">
    <a href="${tablePath(region, name)}" aria-label="${count} of ${name} in ${region}">${count}</a>
    ${shown === 'ACTIVE' ? undefined : html`<span class="badge bad">${shown}</span>`}
    ${replica === undefined ? undefined : html`<span class="note">${backlogText(backlog)}</span>`}
  </td>`
}

/** How far a replica is behind. */
export function backlogText({ count, since }: Backlog): string {
  if (since === undefined) return 'up to date'
  const waited = Date.now() - since
  const time = waited < 60_000 ? `${(waited / 1000).toFixed(1)} s` : durationText(waited)
  return `${plural(count, 'write')} behind, for ${time}`
}
