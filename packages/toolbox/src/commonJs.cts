// What a program gets that requires this package: the same, and its own copy of dynamodb-toolbox is known.
import errors = require('dynamodb-toolbox/errors')
import schemas = require('dynamodb-toolbox/schema')
import format = require('dynamodb-toolbox/schema/actions/format')
import parse = require('dynamodb-toolbox/schema/actions/parse')
import keys = require('dynamodb-toolbox/table/actions/parsePrimaryKey')
import toolbox = require('./index.js')
import copies = require('./toolboxCopies.js')

copies.addCopy({
  schemas,
  parse,
  keys,
  format,
  errors,
} as unknown as import('./toolboxCopies.js').ToolboxCopy)

export = toolbox
