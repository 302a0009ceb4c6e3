import type { Features } from '../client/features.js'
import { readWhole } from '../commands/wholeReads.js'
import { otherAttributes, refuseUpdate } from '../guards/wholeItems.js'
import { changeOfCondition, changeOfUpdate } from './changeOf.js'
import { sendChange } from './sendChange.js'
import { sendTransaction } from './sendTransaction.js'

/** What commands and responses need where a format seals items as wholes. */
const whole = {
  changeOfCondition,
  changeOfUpdate,
  otherAttributes,
  readWhole,
  refuseUpdate,
  sendChange,
  sendTransaction,
}
export type WholeItemsFeature = typeof whole

/** Formats that seal items as wholes, such as those of the AWS Database Encryption SDK, and updates of such items. */
export const wholeItems: Features = { wholeItems: whole }
