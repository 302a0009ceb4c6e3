import { writes } from './commands/writes.js'
import { describeMatrix } from './matrix.js'

describeMatrix('writes', writes)
