import type { Features } from '../client/features.js'
import { readWhole } from '../commands/wholeReads.js'
import { otherAttributes, refuseUpdate } from '../guards/wholeItems.js'
import { replaceOthers } from '../opening/replaceOthers.js'
import { asClientReads, readingAllDigits } from '../values/readNumbers.js'
import { changeOfCondition, changeOfUpdate } from './changeOf.js'
import { sendChange } from './sendChange.js'
import { sendTransaction } from './sendTransaction.js'

/** What commands and responses need where a format seals items as wholes. */
const whole = {
  asClientReads,
  changeOfCondition,
  changeOfUpdate,
  otherAttributes,
  readingAllDigits,
  readWhole,
  refuseUpdate,
  replaceOthers,
  sendChange,
  sendTransaction,
}
export type WholeItemsFeature = typeof whole

/** Formats that seal items as wholes, such as those of the AWS Database Encryption SDK, and updates of such items. */
export const wholeItems: Features = { wholeItems: whole }
