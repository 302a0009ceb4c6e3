import { batches } from './commands/batches.js'
import { describeMatrix } from './matrix.js'

describeMatrix('batches', batches)
