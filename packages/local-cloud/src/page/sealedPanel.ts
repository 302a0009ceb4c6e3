import { pairs } from './calls.js'
import type { EncryptedDataKey } from './dataKeys.js'
import type { EnvelopePart } from './envelope.js'
import { fact } from './fact.js'
import { type Html, html } from './html.js'
import type { EncryptedMessage } from './message.js'
import { plural } from './plural.js'
import type { Found } from './storedValue.js'

/** What something sealed says in the clear. */
export function sealedPanel(found: Found): Html {
  return html`<dl class="message">
    ${found.path === '' ? undefined : fact('At', html`<code>${found.path}</code>`)}
    ${'part' in found ? envelopeFacts(found.part) : messageFacts(found.message)}
  </dl>`
}

const SHAPES = { envelope: 'Envelope', short: 'Short field', full: 'Full field' } as const

function envelopeFacts(part: EnvelopePart): Html[] {
  return [
    fact(SHAPES[part.shape], `Dynaseal format 2, ${part.length} bytes`),
    ...('contextTag' in part
      ? [
          fact('Context tag', html`<code>${part.contextTag}</code>`),
          ...dataKeyFacts(part.dataKeys),
          fact('Commitment', html`<code>${part.commitment}</code>`),
        ]
      : [fact('Of envelope', html`<code>${part.envelopeTag}…</code>`)]),
    ...('contentLength' in part ? [fact('Content', `${part.contentLength} bytes`)] : []),
  ]
}

/** Of an AWS Encryption SDK message. */
function messageFacts(message: EncryptedMessage): Html[] {
  const { suite, version, messageId, encryptionContext, dataKeys, contentType, frames } = message
  const id = `0x${suite.id.toString(16).padStart(4, '0')}`
  const content =
    contentType === 'unframed'
      ? 'unframed'
      : `in ${plural(frames, 'frame')} of at most ${message.frameLength} bytes`
  return [
    fact(
      'Message',
      `AWS Encryption SDK format ${version}.0, ${message.length} bytes, header ${message.headerLength} bytes`,
    ),
    fact('Suite', html`<code>${id}</code>, ${suite.name}`),
    fact('Encryption context', encryptionContext.length === 0 ? 'empty' : pairs(encryptionContext)),
    ...dataKeyFacts(dataKeys),
    fact('Content', `${message.contentLength} bytes, ${content}`),
    fact('Message id', html`<code>${messageId}</code>`),
  ]
}

function dataKeyFacts(dataKeys: readonly EncryptedDataKey[]): Html[] {
  return dataKeys.map((key, n) =>
    fact(
      dataKeys.length === 1 ? 'Data key' : `Data key ${n + 1}`,
      html`<code class="line">${key.information}</code><span class="note">${key.provider}, ${key.length} bytes</span>`,
    ),
  )
}
