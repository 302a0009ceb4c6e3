import { fieldFormats } from './formats.js'
import { describeSearchMatrix } from './searchMatrix.js'

describeSearchMatrix('a token of an item whose fields are sealed', fieldFormats)
