// What a program gets that requires this entry: the same, and its own copy of dynamodb-toolbox is known.
import './requiredCopy.cjs'

import entry = require('./messages.js')

export = entry
