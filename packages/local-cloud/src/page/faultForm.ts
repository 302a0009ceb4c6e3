import { SERVICES } from '../aws.js'
import type { Fault } from '../faults.js'
import { serviceText } from './faultText.js'
import { type Content, type Html, html } from './html.js'

const kinds = {
  refuse: 'refuse connections',
  hang: 'hang',
  slow: 'slow',
  throttle: 'throttle a share',
  deny: 'deny access',
  error: 'answer an error',
  clock: 'clock is off',
  cut: 'cut replication',
}

type Kind = keyof typeof kinds

/** A form for any fault, with the fields of the chosen kind; of all kinds where the browser cannot tell. */
export function faultForm(regions: readonly string[]): Html {
  const options = (values: readonly string[], text = (value: string) => value) =>
    values.map(value => html`<option value="${value}">${text(value)}</option>`)
  return html`<details id="other-fault">
    <summary>Set another fault</summary>
    <form method="post" action="/_local/page/faults" class="fault-form">
      <label>Kind <select name="kind">${options(Object.keys(kinds), kind => kinds[kind as Kind])}</select></label>
      <label>Region <select name="region">${options(regions)}</select></label>
      ${only(
        ['refuse', 'hang', 'slow', 'throttle', 'deny', 'error'],
        [
          html`<label>Service
          <select name="service"><option value="">all</option>${options(SERVICES, serviceText)}</select>
        </label>`,
          html`<label>Operation <input name="operation" placeholder="all" autocomplete="off" spellcheck="false"></label>`,
          html`<label>Access key id <input name="principal" placeholder="all" autocomplete="off" spellcheck="false"></label>`,
        ],
      )}
      ${only(
        ['slow'],
        [
          html`<label>Delay, ms <input name="delay" type="number" min="0" value="500"></label>`,
          html`<label>Up to so many ms more <input name="jitter" type="number" min="0" value="0"></label>`,
          html`<label>Or ms by percentile <input name="percentiles" placeholder="50=20, 99=900" autocomplete="off" spellcheck="false"></label>`,
        ],
      )}
      ${only(
        ['deny'],
        [
          html`<label>Unless KMS’s encryption context has <textarea name="unlessContext" rows="2" placeholder="name=value, a line each" autocomplete="off" spellcheck="false"></textarea></label>`,
        ],
      )}
      ${only(
        ['throttle'],
        [html`<label>Share, % <input name="share" type="number" min="0" max="100" value="50"></label>`],
      )}
      ${only(
        ['error'],
        [
          html`<label>Error <input name="error" placeholder="internal error" autocomplete="off" spellcheck="false"></label>`,
          html`<label>How many times <input name="times" type="number" min="1" placeholder="until healed"></label>`,
        ],
      )}
      ${only(
        ['clock'],
        [
          html`<label>Seconds ahead, below 0 behind <input name="shift" type="number" step="any" value="-60"></label>`,
        ],
      )}
      ${only(['cut'], [html`<label>From region <select name="other">${options([...regions].reverse())}</select></label>`])}
      <button name="form" value="fault">Set</button>
    </form>
  </details>`
}

/** Fields that the style sheet hides unless one of these kinds is chosen. */
function only(of: readonly Kind[], fields: readonly Content[]): Html {
  return html`<div class="fields ${of.map(kind => `for-${kind}`).join(' ')}">${fields}</div>`
}

/** The fault that was asked for by the form. What it cannot be, for example in a region, is refused where it is set. */
export function readFaultForm(fields: URLSearchParams): Fault {
  const text = (name: string) => fields.get(name) ?? ''
  const optional = (name: string, value: unknown) => (text(name) === '' ? {} : { [name]: value })
  const number = (name: string) => (text(name) === '' ? Number.NaN : Number(text(name)))
  const region = text('region')
  const scope = {
    region,
    ...optional('service', text('service')),
    ...optional('operation', text('operation')),
    ...optional('principal', text('principal')),
  }
  const kind = text('kind')
  switch (kind) {
    case 'cut':
      return { kind, between: [region, text('other')] }
    case 'clock':
      return { kind, region, shift: Math.round(number('shift') * 1000) }
    case 'slow':
      if (text('percentiles').trim() !== '') return { ...scope, kind, percentiles: readPercentiles(fields) }
      return { ...scope, kind, delay: number('delay'), ...optional('jitter', number('jitter')) }
    case 'throttle':
      return { ...scope, kind, share: number('share') / 100 }
    case 'error':
      return { ...scope, kind, ...optional('error', text('error')), ...optional('times', number('times')) }
    case 'deny': {
      const pairs = readPairs('The encryption context', text('unlessContext').split(/\r?\n/))
      return { ...scope, kind, ...(pairs.length === 0 ? {} : { unlessContext: Object.fromEntries(pairs) }) }
    }
    case 'refuse':
    case 'hang':
      return { ...scope, kind }
    default:
      throw new RangeError(`There is no kind of fault called ${JSON.stringify(kind)}`)
  }
}

function readPercentiles(fields: URLSearchParams): Record<number, number> {
  const pairs = readPairs('Milliseconds by percentile', (fields.get('percentiles') ?? '').split(','))
  return Object.fromEntries(
    pairs.map(([percent, value]) => [percent, value === '' ? Number.NaN : Number(value)]),
  )
}

/** Of `name=value`; a value may have more of these signs. */
function readPairs(what: string, texts: readonly string[]): [string, string][] {
  return texts
    .map(text => text.trim())
    .filter(text => text !== '')
    .map(text => {
      const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? []
      if (name === undefined || value === undefined)
        throw new RangeError(`${what} is written name=value, not ${JSON.stringify(text)}`)
      return [name.trim(), value.trim()]
    })
}
