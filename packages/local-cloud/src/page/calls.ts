import { SERVICES } from '../aws.js'
import type { Call, CallFilter } from '../callLog.js'
import { serviceText } from './faultText.js'
import { type Content, type Html, html } from './html.js'
import type { PageSource } from './source.js'
import { timeText } from './time.js'

/** How many calls are shown. */
const LATEST = 50

/** The latest calls, newest first, with the key and encryption context of KMS's. */
export function callsSection(cloud: PageSource, filter: CallFilter): Html {
  const calls = cloud.calls({ ...filter, last: LATEST }).reverse()
  return html`<section aria-labelledby="calls-title">
    <h2 id="calls-title">Calls</h2>
    ${filterForm(cloud, filter)}
    <div class="scroll" role="region" aria-labelledby="calls-title" tabindex="0">
      <table id="calls" data-live>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Region</th>
            <th scope="col">Service</th>
            <th scope="col">Operation</th>
            <th scope="col">Answer</th>
            <th scope="col">Key</th>
            <th scope="col">Encryption context</th>
          </tr>
        </thead>
        <tbody>
          ${calls.map(callRow)}
          ${calls.length === 0 ? html`<tr><td class="none" colspan="7">No calls.</td></tr>` : undefined}
        </tbody>
      </table>
    </div>
  </section>`
}

function callRow(call: Call): Html {
  const { at, region, service, operation, keyId, encryptionContext = {} } = call
  return html`<tr>
    <td data-label="Time"><time datetime="${new Date(at).toISOString()}">${timeText(at)}</time></td>
    <td data-label="Region" class="region">${region}</td>
    <td data-label="Service">${serviceText(service)}</td>
    <td data-label="Operation"><code class="whole">${operation}</code></td>
    <td data-label="Answer">${answerOf(call)}</td>
    ${optional('Key', keyId === undefined ? undefined : html`<code>${keyId.slice(keyId.lastIndexOf('/') + 1)}</code>`)}
    ${optional('Encryption context', Object.keys(encryptionContext).length === 0 ? undefined : pairs(Object.entries(encryptionContext)))}
  </tr>`
}

/** A cell that a narrow page does without when there is nothing in it. */
function optional(label: string, content: Content): Html {
  return content === undefined
    ? html`<td class="blank"></td>`
    : html`<td data-label="${label}">${content}</td>`
}

function answerOf({ status, error, ended }: Call): Html {
  if (status === undefined)
    return html`<span class="badge ${ended ? 'bad' : ''}">${ended ? 'no answer' : 'pending'}</span>`
  if (status < 400) return html`<span class="badge good">${status}</span>`
  return html`<span class="badge bad">${status}</span> ${error ?? ''}`
}

/** An encryption context, a line for each pair. */
export function pairs(context: readonly (readonly [name: string, value: string])[]): Content {
  return context.map(([name, value]) => html`<code class="line">${name} = ${value}</code>`)
}

function filterForm(cloud: PageSource, { region, service }: CallFilter): Html {
  const option = (value: string, text: string, chosen: string | undefined) =>
    value === chosen
      ? html`<option value="${value}" selected>${text}</option>`
      : html`<option value="${value}">${text}</option>`
  return html`<form method="get" action="/" class="filter">
    <label>Region
      <select name="region">
        <option value="">all</option>
        ${cloud.regions.map(name => option(name, name, region))}
      </select>
    </label>
    <label>Service
      <select name="service">
        <option value="">all</option>
        ${SERVICES.map(name => option(name, serviceText(name), service))}
      </select>
    </label>
    <button>Filter</button>
  </form>`
}
