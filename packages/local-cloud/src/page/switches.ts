import { SERVICES, type ServiceName } from '../aws.js'
import type { Fault } from '../faults.js'
import { faultText, serviceText } from './faultText.js'
import { type Content, type Html, html } from './html.js'
import type { NumberedFault } from './source.js'

/** A button that sets a fault, and heals it when it is pressed again. */
interface Switch {
  readonly label: string
  /** What a screen reader says, when the label says too little. */
  readonly name?: string
  /** What is set by pressing it. */
  readonly fault: Fault
  /** Whether a fault that is set is this switch's to heal. */
  readonly heals: (fault: Fault) => boolean
}

/** The value of a button says what it does, so that a form of nothing but buttons needs no script. */
function switchButton({ label, name, fault, heals }: Switch, faults: readonly NumberedFault[]): Html {
  const set = faults.filter(heals)
  const text = faultText(fault)
  const isSet = set.length > 0
  return html`<button
    id="switch-${text.replace(/\W+/g, '-')}"
    name="${isSet ? 'heal' : 'set'}"
    value="${isSet ? set.map(({ id }) => id).join(',') : JSON.stringify(fault)}"
    title="${isSet ? set.map(faultText).join('; ') : text}"
    aria-label="${name ?? label}"
    aria-pressed="${String(isSet)}"
  >${label}</button>`
}

/** Buttons for the faults of each service in a region, and for its clock. */
export function regionSwitches(region: string, faults: readonly NumberedFault[]): Html {
  const group = (title: string, switches: readonly Switch[]): Content => html`<fieldset>
    <legend>${title}</legend>
    ${switches.map(one => switchButton(one, faults))}
  </fieldset>`
  return html`<form method="post" action="/_local/page/faults" class="switches">
    ${SERVICES.map(service => group(serviceText(service), serviceSwitches(region, service)))}
    ${group('Clock', clockSwitches(region))}
  </form>`
}

export function cutSwitch(between: readonly [string, string], faults: readonly NumberedFault[]): Html {
  const same = (fault: Fault) =>
    fault.kind === 'cut' && between.every(region => fault.between.includes(region))
  const one: Switch = {
    label: 'Cut',
    name: `Cut ${between.join(' off from ')}`,
    fault: { kind: 'cut', between },
    heals: same,
  }
  return html`<form method="post" action="/_local/page/faults" class="switches">
    ${switchButton(one, faults)}
  </form>`
}

function serviceSwitches(region: string, service: ServiceName): Switch[] {
  const scope = { region, service }
  const one = (label: string, fault: Fault): Switch => ({ label, fault, heals: hitsAll(fault) })
  return [
    one('Refuse', { ...scope, kind: 'refuse' }),
    one('Hang', { ...scope, kind: 'hang' }),
    one('Slow', { ...scope, kind: 'slow', delay: 500, jitter: 500 }),
    one('Throttle', { ...scope, kind: 'throttle', share: 0.5 }),
    one('Deny', { ...scope, kind: 'deny' }),
  ]
}

/** A fault of the same kind that hits all calls to the service, with whatever values. */
function hitsAll(like: Fault): (fault: Fault) => boolean {
  return fault =>
    'service' in like &&
    fault.kind === like.kind &&
    'service' in fault &&
    fault.region === like.region &&
    fault.service === like.service &&
    fault.operation === undefined &&
    fault.principal === undefined
}

function clockSwitches(region: string): Switch[] {
  const one = (label: string, shift: number): Switch => ({
    label,
    fault: { kind: 'clock', region, shift },
    heals: fault => fault.kind === 'clock' && fault.region === region && fault.shift === shift,
  })
  return [one('1 min behind', -60_000), one('1 h behind', -3_600_000), one('31 d ahead', 31 * 86_400_000)]
}
