import type { Features } from '../client/features.js'
import { Arrivals } from './arrivals.js'
import { itemOpener } from './opener.js'

/** Not part of what is handed to a client, for packages that add to it. */
export const arriving = { Arrivals, itemOpener }
export type ArrivingFeature = typeof arriving

/** Items that arrive without a command: records of streams, exports, single items. */
export const arrivals: Features = { arriving }
