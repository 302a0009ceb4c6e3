import { DocumentClientError, type DocumentClientErrorCode } from '@dynaseal/document-client'

/** Stable reasons of a {@link ToolboxError}: those of `@dynaseal/document-client`, which says what each means. */
export type ToolboxErrorCode = DocumentClientErrorCode

/**
 * Something was refused before anything was sent, or before a value was handed out: by the annotation, by the
 * registration, or by the sealed client.
 */
export class ToolboxError extends DocumentClientError {
  override readonly name = 'ToolboxError'
}

/** Of what entities say, or their schemas. */
export function invalidSchema(message: string): ToolboxError {
  return new ToolboxError('invalid-schema', message)
}
