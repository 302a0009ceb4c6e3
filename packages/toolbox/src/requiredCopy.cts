// A program that requires this package has a copy of dynamodb-toolbox of its own, which is made known here.
import errors = require('dynamodb-toolbox/errors')
import schemas = require('dynamodb-toolbox/schema')
import format = require('dynamodb-toolbox/schema/actions/format')
import parse = require('dynamodb-toolbox/schema/actions/parse')
import keys = require('dynamodb-toolbox/table/actions/parsePrimaryKey')
import copies = require('./toolboxCopies.js')

copies.addCopy({
  schemas,
  parse,
  keys,
  format,
  errors,
} as unknown as import('./toolboxCopies.js').ToolboxCopy)
