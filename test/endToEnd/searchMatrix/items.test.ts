import { itemFormats } from './formats.js'
import { describeSearchMatrix } from './searchMatrix.js'

describeSearchMatrix('a token of an item that is sealed as a whole', itemFormats)
