import { pairs } from './calls.js'
import { type Content, type Html, html } from './html.js'
import { plural } from './plural.js'
import type { FoundMessage } from './storedValue.js'

/** What a message's header says, in the clear. */
export function messagePanel({ path, message }: FoundMessage): Html {
  const { suite, version, messageId, encryptionContext, dataKeys, contentType, frames } = message
  const id = `0x${suite.id.toString(16).padStart(4, '0')}`
  const content =
    contentType === 'unframed'
      ? 'unframed'
      : `in ${plural(frames, 'frame')} of at most ${message.frameLength} bytes`
  return html`<dl class="message">
    ${path === '' ? undefined : fact('At', html`<code>${path}</code>`)}
    ${fact('Message', `AWS Encryption SDK format ${version}.0, ${message.length} bytes, header ${message.headerLength} bytes`)}
    ${fact('Suite', html`<code>${id}</code>, ${suite.name}`)}
    ${fact('Encryption context', encryptionContext.length === 0 ? 'empty' : pairs(encryptionContext))}
    ${dataKeys.map((key, n) =>
      fact(
        dataKeys.length === 1 ? 'Data key' : `Data key ${n + 1}`,
        html`<code class="line">${key.information}</code><span class="note">${key.provider}, ${key.length} bytes</span>`,
      ),
    )}
    ${fact('Content', `${message.contentLength} bytes, ${content}`)}
    ${fact('Message id', html`<code>${messageId}</code>`)}
  </dl>`
}

function fact(name: string, value: Content): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`
}
