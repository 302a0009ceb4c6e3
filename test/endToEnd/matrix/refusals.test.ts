import { refusals } from './commands/refusals.js'
import { describeMatrix } from './matrix.js'

describeMatrix('refusals', refusals)
