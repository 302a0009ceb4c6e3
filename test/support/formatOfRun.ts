import { createFormat, type FormatName, type FormatOptions } from '@dynaseal/core'

const { DYNASEAL_FORMAT, DYNASEAL_CODEC } = process.env

/** What the tests write. `test/formats.mjs` runs them once more with format 1, whose codec the AWS Encryption SDK can be. */
export const formatOfRun: FormatName =
  DYNASEAL_FORMAT === 'message' || DYNASEAL_CODEC === 'client-node' ? 'message' : 'envelope'

/** For clients of which a test does not say what they write. */
export const optionsOfRun: Pick<FormatOptions, 'format' | 'codec'> =
  DYNASEAL_CODEC === 'client-node' ? { format: 'message', codec: 'client-node' } : { format: formatOfRun }

/** The code with which a field is refused that belongs somewhere else. */
export const MOVED = formatOfRun === 'message' ? 'wrong-location' : 'not-authentic'

const unused = () => Promise.reject(new Error('Nothing is sealed or opened with it.'))
const format = createFormat({ keyring: { onEncrypt: unused, onDecrypt: unused } })

/** Whether bytes are no value in clear. */
export const looksSealed = (value: Uint8Array) => format.looksSealed(value)
