import { SERVICES, type ServiceName } from '../aws.js'
import type { Counter } from '../counters.js'
import { fact } from './fact.js'
import { durationText, serviceText, shiftText } from './faultText.js'
import { type Html, html } from './html.js'
import { plural } from './plural.js'
import type { PageSource } from './source.js'
import { regionSwitches } from './switches.js'

/** The regions side by side: what calls they had, and switches to break them. */
export function regionsSection(cloud: PageSource): Html {
  const counters = cloud.counters()
  return html`<section aria-labelledby="regions-title">
    <h2 id="regions-title">Regions</h2>
    <div id="regions" class="regions" data-live>
      ${cloud.regions.map(region => regionCard(cloud, region, counters))}
    </div>
  </section>`
}

function regionCard(cloud: PageSource, region: string, counters: readonly Counter[]): Html {
  const faults = cloud.faults()
  const shift = faults.reduce(
    (sum, fault) => (fault.kind === 'clock' && fault.region === region ? sum + fault.shift : sum),
    0,
  )
  const latency = cloud.latency(region)
  const broken = faults.filter(fault =>
    fault.kind === 'cut' ? fault.between.includes(region) : fault.region === region,
  ).length
  const id = `region-${region}`
  return html`<article class="${broken > 0 ? 'card broken' : 'card'}" aria-labelledby="${id}">
    <header>
      <h3 id="${id}">${region}</h3>
      ${
        broken === 0
          ? html`<p class="badge">no faults</p>`
          : html`<p class="badge bad">${plural(broken, 'fault')}</p>`
      }
    </header>
    <dl class="facts">
      ${SERVICES.map(service => callsOf(counters, region, service))}
      ${fact('Clock', shiftText(shift))}
      ${fact('Latency', latency === 0 ? 'none' : durationText(latency))}
      ${fact('Tables by', html`<code>${cloud.inspection.engineName(region)}</code>`)}
    </dl>
    ${regionSwitches(region, faults)}
  </article>`
}

function callsOf(counters: readonly Counter[], region: string, service: ServiceName): Html {
  const sums = { calls: 0, failed: 0, pending: 0 }
  for (const counter of counters) {
    if (counter.region !== region || counter.service !== service) continue
    sums.calls += counter.calls
    sums.failed += failures(counter)
    sums.pending += counter.pending
  }
  const { calls, failed, pending } = sums
  return fact(
    serviceText(service),
    html`${plural(calls, 'call')}${pending === 0 ? '' : `, ${pending} pending`}${
      failed === 0 ? '' : html` <span class="badge bad">${failed} failed</span>`
    }`,
  )
}

/** Calls that were not answered, or with an error. */
export function failures(counter: Counter): number {
  const errors = Object.entries(counter.statuses).filter(([status]) => Number(status) >= 400)
  return errors.reduce((sum, [, count]) => sum + count, counter.unanswered)
}
