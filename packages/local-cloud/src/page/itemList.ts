import type { AwsResponse } from '../aws.js'
import { type AttributeMap, keyOf } from '../dynamodb/items.js'
import { document } from './document.js'
import { type Content, type Html, html } from './html.js'
import { itemPath, tablePath } from './paths.js'
import type { PageSource } from './source.js'
import { isField, sealedIn } from './storedValue.js'

/** How many items one page has. */
const PAGE_SIZE = 25

/** A table's items in one region, to pick one. */
export async function itemList(
  cloud: PageSource,
  region: string,
  table: string,
  start?: AttributeMap,
): Promise<AwsResponse> {
  const { items, keyNames, next } = await cloud.inspection.items(region, table, PAGE_SIZE, start)
  const content = html`
    <nav aria-label="Where this is"><a href="/">Local cloud</a> / ${region}</nav>
    <h1>Table <code>${table}</code></h1>
    ${regionLinks(cloud, region, one => tablePath(one, table))}
    <div class="scroll" role="region" aria-label="Items" tabindex="0">
      <table id="items" data-live>
        <thead>
          <tr>
            ${keyNames.map(name => html`<th scope="col"><code>${name}</code></th>`)}
            <th scope="col">Attributes</th>
            <th scope="col">Sealed</th>
          </tr>
        </thead>
        <tbody>
          ${items.map(item => itemRow(region, table, item, keyNames))}
          ${items.length === 0 ? html`<tr><td class="none" colspan="${keyNames.length + 2}">No items.</td></tr>` : undefined}
        </tbody>
      </table>
    </div>
    ${next === undefined ? undefined : html`<p><a href="${tablePath(region, table, next)}">Next ${PAGE_SIZE} items</a></p>`}`
  return document(`${table} in ${region}`, content)
}

function itemRow(region: string, table: string, item: AttributeMap, keyNames: readonly string[]): Html {
  const path = itemPath(region, table, keyOf(item, keyNames) ?? {})
  const others = Object.keys(item)
    .filter(name => !keyNames.includes(name))
    .sort()
  const sealed = Object.values(item)
    .flatMap(value => sealedIn(value))
    .filter(isField).length
  return html`<tr>
    ${keyNames.map((name, n) => {
      const text = keyText(item[name])
      return n === 0
        ? html`<th scope="row" data-label="${name}"><a href="${path}"><code>${text}</code></a></th>`
        : html`<td data-label="${name}"><code>${text}</code></td>`
    })}
    <td data-label="Attributes">${others.map((name, n) => html`${n === 0 ? '' : ', '}<code>${name}</code>`)}</td>
    <td data-label="Sealed">${sealed === 0 ? html`<span class="none">none</span>` : sealed}</td>
  </tr>`
}

/** The value of a key attribute; bytes in base64. */
export function keyText(value: AttributeMap[string] | undefined): string {
  const [text] = Object.values(value ?? {})
  return text === '' ? '(empty)' : String(text)
}

/** The same in other regions, each with what is to be said about it there. */
export function regionLinks(
  cloud: PageSource,
  here: string,
  pathIn: (region: string) => string,
  remark: (region: string) => Content = () => undefined,
): Html {
  return html`<nav aria-label="Regions" class="tabs" id="tabs" data-live>
    ${cloud.regions.map(region =>
      region === here
        ? html`<span><a href="${pathIn(region)}" aria-current="page" class="region">${region}</a></span>`
        : html`<span><a href="${pathIn(region)}" class="region">${region}</a> ${remark(region)}</span>`,
    )}
  </nav>`
}
