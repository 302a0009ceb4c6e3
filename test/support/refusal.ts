import { expect } from 'vitest'

/** An error of a sealed document client. */
export const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'DocumentClientError', code, message: expect.stringMatching(message) })
