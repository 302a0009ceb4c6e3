import type { Counter } from '../counters.js'
import { serviceText } from './faultText.js'
import { type Html, html } from './html.js'
import { emptyRow } from './keys.js'
import { failures } from './regions.js'
import type { PageSource } from './source.js'

/** How often each operation was called: a row for each operation, a column for each region. */
export function countersSection(cloud: PageSource): Html {
  const counters = cloud.counters()
  const operations = new Map(
    counters.map(({ service, operation }) => [`${service}/${operation}`, { service, operation }]),
  )
  return html`<section aria-labelledby="counters-title">
    <h2 id="counters-title">Counters</h2>
    <div class="scroll" role="region" aria-labelledby="counters-title" tabindex="0">
      <table id="counters" class="matrix" data-live>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            ${cloud.regions.map(region => html`<th scope="col">${region}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${[...operations.values()].map(
            ({ service, operation }) => html`<tr>
              <th scope="row"><code>${operation}</code> <span class="beside">${serviceText(service)}</span></th>
              ${cloud.regions.map(region =>
                cell(
                  region,
                  counters.find(
                    one => one.region === region && one.service === service && one.operation === operation,
                  ),
                ),
              )}
            </tr>`,
          )}
          ${operations.size === 0 ? emptyRow(cloud.regions, 'No calls.') : undefined}
        </tbody>
      </table>
    </div>
  </section>`
}

function cell(region: string, counter: Counter | undefined): Html {
  if (counter === undefined) return html`<td data-label="${region}" class="none">0</td>`
  const failed = failures(counter)
  const outcomes = [
    ...Object.entries(counter.errors).map(([name, count]) => `${count} ${name}`),
    counter.unanswered === 0 ? [] : `${counter.unanswered} without an answer`,
    counter.pending === 0 ? [] : `${counter.pending} pending`,
  ].flat()
  return html`<td data-label="${region}">
    ${counter.calls}${failed === 0 ? undefined : html` <span class="badge bad">${failed} failed</span>`}
    ${outcomes.map(text => html`<span class="note">${text}</span>`)}
  </td>`
}
