import type { AwsResponse } from '../aws.js'
import { type Content, type Html, html } from './html.js'

/**
 * Nothing is loaded from elsewhere, nothing inline runs, nobody frames it. The origin of its forms is checked
 * (http/fromThisMachine.ts), for which they must send one: with `no-referrer` they would not.
 */
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  vary: 'accept',
}

/** A page of its own. `data-live` marks what live.js brings up to date; such an element has an id. */
export function document(title: string, content: Content, status = 200): AwsResponse {
  const page: Html = html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title}</title>
  <link rel="icon" href="/_local/page/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/_local/page/base.css">
  <link rel="stylesheet" href="/_local/page/sections.css">
  <link rel="stylesheet" href="/_local/page/narrow.css">
  <script type="module" src="/_local/page/live.js"></script>
</head>
<body>
  <a class="skip" href="#content">Skip to content</a>
  <header class="top">
    <p class="name"><a href="/">Dynaseal local cloud</a></p>
    <p class="live"><span id="live-state" role="status">As of loading</span> <button id="live-pause" hidden>Pause</button></p>
  </header>
  <main id="content">
    ${content}
  </main>
</body>
</html>
`
  return { status, headers, body: page.text }
}

/** What went wrong, above what is shown all the same. */
export function notice(message: string): Html {
  return html`<p class="notice" role="alert">${message}</p>`
}
