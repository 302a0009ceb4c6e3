import { updates } from './commands/updates.js'
import { describeMatrix } from './matrix.js'

describeMatrix('updates', updates)
