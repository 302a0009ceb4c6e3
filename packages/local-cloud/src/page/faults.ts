import { faultForm } from './faultForm.js'
import { faultText } from './faultText.js'
import { type Html, html } from './html.js'
import type { NumberedFault, PageSource } from './source.js'

/** The faults that are set, each with a button that heals it, and a form for any other. */
export function faultsSection(cloud: PageSource): Html {
  const faults = cloud.faults()
  return html`<section aria-labelledby="faults-title">
    <h2 id="faults-title">Faults</h2>
    <form method="post" action="/_local/page/faults" id="faults" class="faults" data-live>
      ${
        faults.length === 0
          ? html`<p class="none">None are set.</p>`
          : html`<ul>${faults.map(faultItem)}</ul>
            <button id="heal-all" name="heal" value="all">Heal all</button>`
      }
    </form>
    ${faultForm(cloud.regions)}
  </section>`
}

function faultItem(fault: NumberedFault): Html {
  const text = faultText(fault)
  return html`<li>
    <span>${text}</span>
    <button id="heal-${fault.id}" name="heal" value="${fault.id}" aria-label="Heal ${text}">Heal</button>
  </li>`
}
