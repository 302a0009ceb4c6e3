import { type CodecName, createFormat as create, type FormatOptions } from '../../src/index.js'

/** Of this run: test/formats.mjs runs the tests that seal and open once more, with the AWS Encryption SDK itself. */
export const codecOfRun: CodecName = process.env.DYNASEAL_CODEC === 'client-node' ? 'client-node' : 'own'

/** Format 1, with the codec of this run, where a test names neither. */
export const createFormat = (options: FormatOptions) =>
  create({ format: 'message', codec: codecOfRun, ...options })
