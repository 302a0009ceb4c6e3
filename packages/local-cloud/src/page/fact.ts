import { type Content, type Html, html } from './html.js'

/** A name and what is so called, for a list of such. */
export function fact(name: string, value: Content): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`
}
