import { isDeepStrictEqual } from 'node:util'
import type { AwsResponse } from '../aws.js'
import { InspectionError } from '../dynamodb/inspection.js'
import type { AttributeMap, AttributeValue } from '../dynamodb/items.js'
import { document } from './document.js'
import { type Html, html } from './html.js'
import { keyText, regionLinks } from './itemList.js'
import { itemPath, tablePath } from './paths.js'
import { sealedPanel } from './sealedPanel.js'
import type { PageSource } from './source.js'
import { sealedIn, storedText } from './storedValue.js'

/** An item as stored in one region, next to what is sealed in it says in the clear; and what it is elsewhere. */
export async function itemPage(
  cloud: PageSource,
  region: string,
  table: string,
  key: AttributeMap,
): Promise<AwsResponse> {
  const item = await cloud.inspection.item(region, table, key)
  const states = new Map<string, string>()
  for (const other of cloud.regions)
    if (other !== region) states.set(other, await compare(cloud, other, table, key, item))
  const title = Object.values(key).map(keyText).join(', ')
  const content = html`
    <nav aria-label="Where this is">
      <a href="/">Local cloud</a> / ${region} / <a href="${tablePath(region, table)}"><code>${table}</code></a>
    </nav>
    <h1>Item <code>${title}</code></h1>
    ${regionLinks(
      cloud,
      region,
      one => itemPath(one, table, key),
      one => stateBadge(states.get(one) ?? ''),
    )}
    <div class="scroll" role="region" aria-label="Attributes" tabindex="0">
      <table id="item" class="item" data-live>
        <thead>
          <tr>
            <th scope="col">Attribute</th>
            <th scope="col">As stored</th>
            <th scope="col">In the clear</th>
          </tr>
        </thead>
        <tbody>
          ${
            item === undefined
              ? html`<tr><td class="none" colspan="3">There is no such item in ${region}.</td></tr>`
              : attributes(item, key).map(([name, value]) => attributeRow(name, value))
          }
        </tbody>
      </table>
    </div>`
  return document(`${title} in ${table}`, content)
}

function attributeRow(name: string, value: AttributeValue): Html {
  const sealed = sealedIn(value)
  return html`<tr>
    <th scope="row"><code>${name}</code></th>
    <td data-label="As stored"><pre>${storedText(value)}</pre></td>
    ${
      sealed.length === 0
        ? html`<td class="blank"></td>`
        : html`<td data-label="In the clear">${sealed.map(sealedPanel)}</td>`
    }
  </tr>`
}

/** Key attributes first, the others by name. */
function attributes(item: AttributeMap, key: AttributeMap): [string, AttributeValue][] {
  const keyNames = Object.keys(key)
  const others = Object.keys(item).filter(name => !keyNames.includes(name))
  return [...keyNames, ...others.sort()].map(name => [name, item[name] ?? {}])
}

function stateBadge(state: string): Html {
  return html`<span class="badge ${state === 'the same' ? 'good' : ''}">${state}</span>`
}

async function compare(
  cloud: PageSource,
  region: string,
  table: string,
  key: AttributeMap,
  item: AttributeMap | undefined,
): Promise<string> {
  try {
    const other = await cloud.inspection.item(region, table, key)
    if (isDeepStrictEqual(other, item)) return 'the same'
    return other === undefined ? 'missing' : 'different'
  } catch (error) {
    if (error instanceof InspectionError) return 'no such table'
    throw error
  }
}
