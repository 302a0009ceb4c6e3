import { gets, queries, scans } from './commands/reads.js'
import { describeMatrix } from './matrix.js'

describeMatrix('reads', [...gets, ...queries, ...scans])
