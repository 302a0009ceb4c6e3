import { beaconFormats } from './formats.js'
import { describeSearchMatrix } from './searchMatrix.js'

describeSearchMatrix('a beacon', beaconFormats)
